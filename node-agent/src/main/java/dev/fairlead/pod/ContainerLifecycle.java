package dev.fairlead.pod;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.image.Image;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.ContainerContext;
import dev.fairlead.libcontainer.ContainerStreams;
import dev.fairlead.libcontainer.Processes;
import dev.fairlead.libcontainer.Undo;
import dev.fairlead.libcontainer.criu.CriuException;
import dev.fairlead.libcontainer.criu.RestoreRequest;
import dev.fairlead.libcontainer.process.ExitRecord;
import dev.fairlead.libcontainer.process.LauncherException;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.log.ContainerLog;
import dev.fairlead.log.LogPump;
import dev.fairlead.log.StreamPipes;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import dev.fairlead.pod.LifecycleEvents.Step;
import dev.fairlead.spec.ContainerResources;
import dev.fairlead.spec.InvalidConfigException;
import dev.fairlead.state.EntityDirectory;
import dev.fairlead.state.StateRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes, starts, stops and removes the containers of pods, and sees to it that their ends are known. */
public final class ContainerLifecycle {
    private static final System.Logger LOG = System.getLogger(ContainerLifecycle.class.getName());

    /** Killed processes are gone within this, unless the kernel holds them. */
    private static final Duration AFTER_KILL = Duration.ofSeconds(20);

    /** A process elsewhere that inherited a container's output must not keep it from being reported as ended. */
    private static final Duration LOG_AFTER_EXIT = Duration.ofSeconds(5);

    private static final String JOURNAL = "log.journal";

    private final PodRegistry registry;
    private final StateRoot state;
    private final ContainerContext context;
    private final ImageStore images;
    private final ContainerPlans plans;
    private final Restores restores;
    private final LogPump logs;
    private final ContainerLxcfs lxcfs;
    private final LifecycleEvents events;
    private final Execs execs;

    public ContainerLifecycle(
            PodRegistry registry,
            StateRoot state,
            ContainerContext context,
            ImageStore images,
            ContainerPlans plans,
            Restores restores,
            LogPump logs,
            ContainerLxcfs lxcfs,
            LifecycleEvents events) {
        this.registry = registry;
        this.state = state;
        this.context = context;
        this.images = images;
        this.plans = plans;
        this.restores = restores;
        this.logs = logs;
        this.lxcfs = lxcfs;
        this.events = events;
        this.execs = new Execs(context.loop(), context.devNull());
    }

    /**
     * Makes a container in a pod (CreateContainer). What fails in the middle is undone.
     * @return its id
     */
    public String create(PodSandbox sandbox, ContainerConfig config) throws IOException, InterruptedException {
        if (config.getMetadata().getName().isEmpty()) {
            throw new InvalidConfigException("config.metadata.name: empty; a container has a name in its pod");
        }
        if (!sandbox.isReady()) {
            throw new PodException.WrongState("pod sandbox " + sandbox.id() + " (" + sandbox.displayName()
                    + ") is not ready: containers cannot be made in it any more; run a new sandbox");
        }
        String id = Ids.random();
        Optional<Restores.Plan> restored = restores.find(config.getImage().getImage(), id);
        Image image = restored.isPresent() ? restored.get().image() : image(config);
        String name = PodRegistry.name(sandbox.id(), config.getMetadata());
        registry.reserve(name, id);
        Undo undo = new Undo();
        undo.push(() -> registry.release(name));
        try {
            PodContainer container = build(sandbox, plans.identified(config), image, restored, id, undo);
            events.step(container, Step.CREATED, () -> {
                registry.add(container);
                return true;
            });
            watch(container);
            lxcfs.added(container);
            return id;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            undo.run(e);
            throw e;
        }
    }

    private Image image(ContainerConfig config) throws IOException {
        return images.find(config.getImage().getImage())
                .orElseThrow(() ->
                        new PodException.NotFound("image " + config.getImage().getImage() + " of container "
                                + config.getMetadata().getName() + " is not on this node; pull it first"));
    }

    private PodContainer build(
            PodSandbox sandbox,
            ContainerConfig config,
            Image image,
            Optional<Restores.Plan> restored,
            String id,
            Undo undo)
            throws IOException, InterruptedException {
        EntityDirectory directory = state.container(id);
        directory.create();
        undo.push(directory::remove);
        directory.writeRequest(config);
        undo.push(() -> images.snapshots().remove(id));
        ContainerConfig planned =
                restored.map(checkpoint -> checkpoint.program(config)).orElse(config);
        ContainerPlan plan = plans.make(sandbox, planned, image, id);
        directory.writeJson(EntityDirectory.CONFIG, plan.spec());
        Optional<RestoreRequest> restore = restored.isEmpty()
                ? Optional.empty()
                : Optional.of(restores.prepare(restored.get(), config, plan.spec(), snapshot(id), sandbox));
        Container container = Container.create(
                context,
                new Container.Request(
                        id,
                        sandbox.displayName() + ", container "
                                + config.getMetadata().getName(),
                        directory.path(),
                        plan.spec(),
                        plan.root(),
                        plan.volumes(),
                        config.getStdin(),
                        restore,
                        warning -> LOG.log(
                                System.Logger.Level.WARNING,
                                () -> sandbox.displayName() + ", container "
                                        + config.getMetadata().getName() + ": " + warning)));
        undo.push(container::destroy);
        boolean covered =
                restore.isEmpty() && lxcfs.cover(sandbox, config.getMetadata().getName(), id, container.initId());
        Optional<Path> logPath = logPath(sandbox, config);
        ContainerLog log = openLog(directory, logPath, container.streams());
        undo.push(log::close);
        PodContainer made = new PodContainer(
                directory,
                config,
                new PodContainer.Identity(
                        sandbox.id(),
                        Clocks.now(),
                        image.id().toString(),
                        ImageReferences.of(image),
                        container.cgroup().path(),
                        plan.user(),
                        plan.stopSignal(),
                        container.initId(),
                        container.wardenId(),
                        covered),
                logPath,
                new ContainerState.Created());
        directory.writeRecord(made.toRecord());
        made.handle(new ContainerHandle(container, log));
        return made;
    }

    private Snapshot snapshot(String id) throws IOException {
        return images.snapshots()
                .find(id)
                .orElseThrow(() -> new IOException("container " + id + " has lost its snapshot"));
    }

    private static Optional<Path> logPath(PodSandbox sandbox, ContainerConfig config) {
        String directory = sandbox.config().getLogDirectory();
        return directory.isEmpty() || config.getLogPath().isEmpty()
                ? Optional.empty()
                : Optional.of(Path.of(directory).resolve(config.getLogPath()));
    }

    private ContainerLog openLog(EntityDirectory directory, Optional<Path> path, ContainerStreams streams)
            throws IOException {
        return logs.open(
                directory.resolve(JOURNAL),
                path,
                pipes(streams.stdout()),
                streams.stderr().map(ContainerLifecycle::pipes));
    }

    private static StreamPipes pipes(ContainerStreams.Output output) {
        return new StreamPipes(output.source(), output.batchReadEnd(), output.batchWriteEnd());
    }

    /** Lets a created container run (StartContainer). Where its program cannot be executed, the container has ended with that. */
    public void start(PodContainer container) throws IOException, InterruptedException {
        container.lock().lockInterruptibly();
        try {
            if (!(container.state() instanceof ContainerState.Created)) {
                throw new PodException.WrongState("container " + container.id() + " ("
                        + container.config().getMetadata().getName() + ") is "
                        + StateNames.of(container.state()) + "; only a created container can be started");
            }
            ContainerHandle handle = container.handle().orElseThrow();
            // On disk before the launch: if we are killed in between, the next daemon asks the warden how far it came.
            ContainerState.Running running = new ContainerState.Running(Clocks.now());
            container.directory().writeRecord(container.toRecord(running));
            container.launching(running);
            try {
                handle.container().start();
            } catch (LauncherException e) {
                awaitExit(container, AFTER_KILL);
                throw e.of(Exits.object(container, e.failure()));
            } catch (CriuException e) {
                awaitExit(container, AFTER_KILL);
                throw e;
            }
            if (!handle.container().initId().equals(container.identity().init())) {
                restored(container, handle.container(), running);
            }
            events.step(container, Step.STARTED, () -> container.becomeRunning(running));
        } finally {
            container.lock().unlock();
        }
    }

    /** Its first process is another one since it runs: to be remembered, and to get what it could not have before. */
    private void restored(PodContainer container, Container handle, ContainerState.Running running)
            throws IOException, InterruptedException {
        container.restored(handle.initId(), false);
        container.directory().writeRecord(container.toRecord(running));
        try {
            boolean covered = lxcfs.cover(
                    registry.sandbox(container.sandboxId()),
                    container.config().getMetadata().getName(),
                    container.id(),
                    handle.initId());
            container.restored(handle.initId(), covered);
            container.directory().writeRecord(container.toRecord(running));
            lxcfs.added(container);
        } catch (IOException | InterruptedException e) {
            handle.kill();
            throw e;
        }
    }

    /** Learns of the container's end, on a thread that may block: the event loop has other containers to serve. */
    private void watch(PodContainer container) {
        Optional<ContainerHandle> handle = container.handle();
        if (handle.isPresent()) {
            var _ = handle.get()
                    .container()
                    .exit()
                    .whenComplete((record, failure) -> Thread.ofVirtual()
                            .name("exit-" + container.id())
                            .start(() -> ended(
                                    container,
                                    handle.get(),
                                    Optional.ofNullable(record),
                                    Optional.ofNullable(failure))));
        }
    }

    private void ended(
            PodContainer container, ContainerHandle handle, Optional<ExitRecord> record, Optional<Throwable> failure) {
        try {
            // Of a pod that shares the node's PID namespace, other processes may be left.
            handle.container().cgroup().kill();
            boolean oomKilled = handle.container().cgroup().oomKills() > 0;
            if (record.isPresent() && record.get().failure().isEmpty()) {
                // A short life may be over before the launch is known to have succeeded.
                container
                        .launched()
                        .ifPresent(running ->
                                events.step(container, Step.STARTED, () -> container.becomeRunning(running)));
            }
            handle.log().finishAndClose(LOG_AFTER_EXIT).handle((_, _) -> true).get();
            ContainerState.Exited exited = record.map(seen -> Exits.of(container, seen, oomKilled))
                    .orElseGet(() -> Exits.unseen(container, failure));
            container.directory().writeRecord(container.toRecord(exited));
            container.handle(null);
            // Before anybody may see that it has ended, and remove the directory by which the next daemon would find
            // the rest.
            handle.container().release();
            stopped(container, exited);
        } catch (IOException | ExecutionException e) {
            LOG.log(System.Logger.Level.ERROR, "container " + container.id() + " ended, and could not be put away", e);
            if (!(container.state() instanceof ContainerState.Exited)) {
                stopped(
                        container,
                        record.map(seen -> Exits.of(container, seen, false))
                                .orElseGet(() -> Exits.unseen(container, failure)));
            }
        } catch (InterruptedException e) {
            // The daemon ends. The next one finds the warden waiting with all of it.
            Thread.currentThread().interrupt();
        }
    }

    private void stopped(PodContainer container, ContainerState.Exited exited) {
        events.step(container, Step.STOPPED, () -> {
            container.become(exited);
            return true;
        });
    }

    /**
     * Asks the container to end, and ends it when {@code grace} is over (StopContainer). Returns when it has ended; at once where it had
     * before.
     * @param grace zero: it is not asked
     */
    public void stop(PodContainer container, Duration grace) throws IOException, InterruptedException {
        if (container.state() instanceof ContainerState.Exited) {
            return;
        }
        // Without one it has ended already, and is being put away.
        Optional<ContainerHandle> handle = container.handle();
        // No lock: the grace period may be long, and a second call may want to shorten it.
        if (handle.isPresent() && !grace.isZero() && container.state() instanceof ContainerState.Running) {
            handle.get().container().signal(container.stopSignal());
            if (awaitExit(container, grace)) {
                return;
            }
        }
        if (handle.isPresent()) {
            handle.get().container().kill();
        }
        if (!awaitExit(container, AFTER_KILL)) {
            throw new PodException.TimedOut("container " + container.id() + " did not end within "
                    + AFTER_KILL.toSeconds() + " s of SIGKILL: a process of it hangs in the kernel (pid "
                    + container.initPid() + "; look at /proc/PID/stack)");
        }
    }

    private static boolean awaitExit(PodContainer container, Duration limit) throws InterruptedException {
        try {
            container.exit().get(limit.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("the exit of a container is never completed with a failure", e);
        }
    }

    /** Ends the container where it runs, and removes all of it but its log (RemoveContainer). */
    public void remove(PodContainer container) throws IOException, InterruptedException {
        stop(container, Duration.ZERO);
        container.lock().lockInterruptibly();
        try {
            images.snapshots().remove(container.id());
            container.directory().remove();
            events.step(container, Step.DELETED, () -> registry.remove(container));
        } finally {
            container.lock().unlock();
        }
    }

    /** Changes the limits of a container that has not ended (UpdateContainerResources); fields that are absent stay. */
    public void update(PodContainer container, LinuxContainerResources resources) throws IOException {
        container.lock().lock();
        try {
            ContainerHandle handle = requireAlive(container);
            handle.container()
                    .cgroup()
                    .apply(
                            ContainerResources.of(resources, List.of()),
                            warning -> LOG.log(
                                    System.Logger.Level.WARNING, () -> "container " + container.id() + ": " + warning));
            LinuxContainerResources merged =
                    container.resources().toBuilder().mergeFrom(resources).build();
            container.directory().write(EntityDirectory.RESOURCES, merged);
            container.resources(merged);
        } finally {
            container.lock().unlock();
        }
    }

    /** Goes on in a new log file, after the kubelet has renamed the old one (ReopenContainerLog). */
    public void reopenLog(PodContainer container) throws IOException {
        if (!(container.state() instanceof ContainerState.Running)) {
            throw new PodException.WrongState(
                    "container " + container.id() + " is " + StateNames.of(container.state()) + ": it writes no log");
        }
        requireAlive(container).log().reopen();
    }

    /**
     * Runs a command in a running container and waits for it (ExecSync).
     * @param timeout zero: none
     */
    public ExecOutcome exec(PodContainer container, List<String> command, Duration timeout)
            throws IOException, InterruptedException {
        Container running = requireRunning(container).container();
        return execs.run(running, request(container, command, false), timeout);
    }

    /** What is open of a container that runs. */
    ContainerHandle requireRunning(PodContainer container) throws PodException.WrongState {
        if (!(container.state() instanceof ContainerState.Running)) {
            throw new PodException.WrongState("container " + container.id() + " ("
                    + container.config().getMetadata().getName() + ") is " + StateNames.of(container.state())
                    + ": commands run in running containers only");
        }
        return requireAlive(container);
    }

    /** A further process of a container, for the launcher. */
    ProcessRequest request(PodContainer container, List<String> command, boolean terminal) throws IOException {
        Spec spec = container.spec();
        Process own = Objects.requireNonNull(spec.process(), "process");
        return Processes.request(context.capabilities(), container.id(), spec, ExecProcess.of(own, command, terminal));
    }

    private static ContainerHandle requireAlive(PodContainer container) throws PodException.WrongState {
        return container
                .handle()
                .orElseThrow(() -> new PodException.WrongState(
                        "container " + container.id() + " has ended: there is nothing of it left to change"));
    }

    /** Takes over the containers of a daemon that is gone, and clears away those that were cut off while they were made. */
    void recover() throws IOException, InterruptedException {
        List<Callable<Void>> all = new ArrayList<>();
        for (EntityDirectory directory : state.containers()) {
            all.add(() -> {
                recover(directory);
                return null;
            });
        }
        // Side by side: much of it is waiting for wardens.
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Void> one : threads.invokeAll(all)) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException("taking over containers", e.getCause());
        }
    }

    private void recover(EntityDirectory directory) throws IOException {
        Optional<ContainerConfig> config = directory.readRequest(ContainerConfig.parser());
        Optional<ContainerRecord> record = directory.readRecord(ContainerRecord.class);
        if (config.isPresent()
                && record.isPresent()
                && registry.findSandbox(record.get().sandboxId()).isPresent()) {
            adopt(directory, config.get(), record.get());
        } else {
            clear(directory);
        }
    }

    /** After a reboot: no process lives any more, only directories are left. */
    void forgetEarlierBoot() throws IOException {
        for (EntityDirectory directory : state.containers()) {
            images.snapshots().remove(directory.id());
            directory.remove();
        }
    }

    private void adopt(EntityDirectory directory, ContainerConfig config, ContainerRecord record) throws IOException {
        PodSandbox sandbox = registry.sandbox(record.sandboxId());
        PodContainer container =
                new PodContainer(directory, config, record.identity(), logPath(sandbox, config), record.state());
        directory
                .read(EntityDirectory.RESOURCES, LinuxContainerResources.parser())
                .ifPresent(container::resources);
        registry.reserve(PodRegistry.name(record.sandboxId(), config.getMetadata()), directory.id());
        registry.add(container);
        if (record.exited() == null) {
            reconnect(container);
        } else if (Container.isLeft(context, container.cgroupPath())) {
            // The earlier daemon was killed between its note and the last of it.
            clear(directory, container.spec());
        }
    }

    private void reconnect(PodContainer container) throws IOException {
        try {
            Container held = Container.reconnect(
                    context,
                    container.id(),
                    container.directory().path(),
                    container.identity().warden(),
                    container.identity().init(),
                    container.spec(),
                    container.config().getStdin(),
                    warning -> warn(container.id(), warning));
            ContainerLog log = openLog(container.directory(), container.logPath(), held.streams());
            if (container.state() instanceof ContainerState.Running && !held.wasStarted()) {
                // The earlier daemon was killed between its note and the launch.
                container.become(new ContainerState.Created());
                container.directory().writeRecord(container.toRecord());
            }
            container.restored(held.initId(), container.hasLxcfs()); // by a daemon that was killed before it noted that
            container.handle(new ContainerHandle(held, log));
            watch(container);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "container " + container.id() + " has lost its warden", e);
            orphaned(container);
        }
    }

    private static void warn(String id, String warning) {
        LOG.log(System.Logger.Level.WARNING, () -> "container " + id + ": " + warning);
    }

    /** Its warden is gone: somebody killed it, or it was the node's OOM killer. What it wrote in time is the truth, else nobody knows. */
    private void orphaned(PodContainer container) throws IOException {
        ContainerState.Exited exited = ExitRecord.read(container.directory().path())
                .map(seen -> Exits.of(container, seen, false))
                .orElseGet(() -> Exits.unseen(container, Optional.empty()));
        clear(container.directory(), container.spec());
        container.directory().writeRecord(container.toRecord(exited));
        container.become(exited);
    }

    private void clear(EntityDirectory directory, Spec spec) throws IOException {
        Container.clear(context, directory.id(), directory.path(), spec, warning -> warn(directory.id(), warning));
    }

    private void clear(EntityDirectory directory) throws IOException {
        LOG.log(System.Logger.Level.INFO, () -> "removing container " + directory.id() + ", which was never finished");
        Optional<Spec> spec = directory.readJson(EntityDirectory.CONFIG, Spec.class);
        if (spec.isPresent()) {
            clear(directory, spec.get());
        } else {
            Container.clear(context, directory.id(), directory.path(), Optional.empty());
        }
        images.snapshots().remove(directory.id());
        directory.remove();
    }
}
