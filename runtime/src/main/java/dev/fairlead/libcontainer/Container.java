package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.criu.Criu;
import dev.fairlead.libcontainer.criu.DumpRequest;
import dev.fairlead.libcontainer.criu.Externals;
import dev.fairlead.libcontainer.criu.RestoreRequest;
import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.libcontainer.process.CgroupMembership;
import dev.fairlead.libcontainer.process.Exec;
import dev.fairlead.libcontainer.process.ExecRequest;
import dev.fairlead.libcontainer.process.ExitRecord;
import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.libcontainer.process.InitRequest;
import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.libcontainer.rootfs.LayeredVolume;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.rootfs.RootfsRequest;
import dev.fairlead.libcontainer.rootfs.RootfsThread;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Pty;
import dev.fairlead.oci.Hooks;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Namespace;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Resources;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One container, from the creation of its cgroup to its removal (runtime-spec, runtime.md). The container lives in the kernel and in its
 * warden; this object is the daemon's hold on it, and closing it leaves the container alone.
 */
public final class Container implements AutoCloseable {
    /** No step of a creation takes long; one that does is stuck in the kernel, and the caller should hear of it. */
    private static final Duration STEP_LIMIT = Duration.ofSeconds(30);

    /** Resources that limit nothing. */
    public static final Resources NO_LIMITS =
            new Resources(Map.of(), List.of(), null, null, null, null, List.of(), null, Map.of(), Map.of());

    private static final int SIGKILL = 9;
    private static final String ROOTFS = "rootfs";
    private static final String CGROUP_OF_EXECS = "exec-";

    private final String id;
    private final Warden warden;
    private final Cgroup cgroup;
    /** What is known of the first process where the warden does not say it. */
    private final ProcessId createdInit;

    private final ContainerStreams streams;
    private final ContainerHooks hooks;
    private final Path directory;
    private final Path attachPoint;
    /** Whether it begins with the processes of a checkpoint. */
    private final boolean restored;

    private Container(
            Path directory,
            Warden warden,
            Cgroup cgroup,
            ProcessId initId,
            ContainerStreams streams,
            ContainerHooks hooks,
            boolean restored) {
        this.id = hooks.id();
        this.directory = directory;
        this.attachPoint = directory.resolve(ROOTFS);
        this.warden = warden;
        this.cgroup = cgroup;
        this.createdInit = initId;
        this.streams = streams;
        this.hooks = hooks;
        this.restored = restored;
    }

    /**
     * What a container is made of.
     *
     * @param directory exists, and is the container's alone; to hooks it is the bundle
     * @param name as messages call it
     * @param root what its root file system is made of
     * @param volumes sources of bind mounts, as {@code spec} calls them, that are made of layers
     * @param withStdin whether somebody will write to it
     * @param restore empty: it begins with its program
     * @param warnings takes a sentence for each limit that cannot be had on this node and may be missed, and for each poststop
     *     hook that fails
     */
    public record Request(
            String id,
            String name,
            Path directory,
            Spec spec,
            RootSource root,
            Map<String, LayeredVolume> volumes,
            boolean withStdin,
            Optional<RestoreRequest> restore,
            Consumer<String> warnings) {
        public Request {
            volumes = Map.copyOf(volumes);
        }

        /** Of a container without volumes that are made of layers. */
        public Request(
                String id,
                String name,
                Path directory,
                Spec spec,
                RootSource root,
                boolean withStdin,
                Consumer<String> warnings) {
            this(id, name, directory, spec, root, Map.of(), withStdin, Optional.empty(), warnings);
        }
    }

    /**
     * Makes a container up to OCI's state created: its root is built, its first process waits. What fails in the middle is undone;
     * poststop hooks run then too.
     * @throws IOException says which step failed, on what, and what to do
     */
    public static Container create(ContainerContext context, Request request) throws IOException {
        Undo undo = new Undo();
        try {
            Container container = build(context, request, undo);
            undo.disarm();
            return container;
        } catch (IOException | RuntimeException | Error e) {
            undo.run(e);
            throw e;
        }
    }

    private static Container build(ContainerContext context, Request request, Undo undo) throws IOException {
        Spec spec = request.spec();
        Linux linux = required(spec.linux(), "linux");
        Process process = required(spec.process(), "process");
        String cgroupsPath = required(linux.cgroupsPath(), "linux.cgroupsPath");
        Resources resources = linux.resources();
        ContainerHooks hooks =
                new ContainerHooks(request.id(), request.directory(), spec, context.capabilities(), request.warnings());
        undo.push(hooks::stopped);
        Cgroup cgroup =
                context.cgroups().create(cgroupsPath, resources == null ? NO_LIMITS : resources, request.warnings());
        undo.push(cgroup::remove);
        undo.push(cgroup::kill);
        Path attachPoint = attachPoint(request);
        undo.push(() -> Files.delete(attachPoint));
        undo.push(() -> RootfsThread.detach(attachPoint));
        Stdio stdio = Stdio.open(process.terminal(), request.withStdin(), context.devNull());
        undo.push(() -> stdio.streams().close());
        undo.push(() -> stdio.closeContainerEnds(context.devNull()));
        try (Borrowed borrowed = new Borrowed()) {
            Map<Kind, Fd> joined = borrowed.namespaces(context.launcher(), linux);
            Set<Kind> unshared = unshared(linux.namespaces(), joined.keySet());
            CgroupMembership membership = borrowed.membership(cgroup);
            ProcessRequest program = Processes.request(context.capabilities(), request.id(), spec, process);
            if (request.restore().isPresent()) {
                Restoring.note(request.directory());
                undo.push(() -> Restoring.forget(request.directory()));
                program = Restoring.program(
                        program, request.restore().get().command(attachPoint, request.directory(), linux));
            }
            InitRequest init = new InitRequest(
                    Optional.of(program),
                    unshared,
                    joined,
                    isBornBare(context, request, unshared, joined.keySet())
                            ? borrowed.of(context.bareMounts().orElseThrow())
                            : Optional.empty(),
                    Optional.ofNullable(spec.hostname()).filter(_ -> unshared.contains(Kind.UTS)),
                    Optional.ofNullable(spec.domainname()).filter(_ -> unshared.contains(Kind.UTS)),
                    linux.timeOffsets(),
                    wantsOwnProc(linux.namespaces()),
                    RootfsRequest.propagationOfRoot(linux),
                    context.rootfsPolicy().noPivotRoot(),
                    membership,
                    stdio.forInit(),
                    request.restore().isPresent());
            undo.push(() -> forget(request.directory()));
            Warden warden = Warden.start(context.launcher(), context.loop(), request.id(), request.directory(), init);
            undo.push(warden::close);
            undo.push(() -> warden.abort(STEP_LIMIT));
            InitProcess started = warden.awaitInit(STEP_LIMIT);
            Container container = new Container(
                    request.directory(),
                    warden,
                    cgroup,
                    started.id(),
                    stdio.streams(),
                    hooks,
                    request.restore().isPresent());
            RootfsRequest rootfs = RootfsRequest.of(
                    request.name(), spec, request.root(), attachPoint, context.rootfsPolicy(), request.volumes());
            try (Fd root = RootfsThread.build(rootfs, started, stdio.terminalPeer())) {
                hooks.create(started.id(), rootfs.attachPoint(), container.starter(Warden.State.READY));
                warden.enterRoot(root, STEP_LIMIT);
            } finally {
                started.procMount().ifPresent(Fd::close);
            }
            stdio.closeContainerEnds(context.devNull());
            return container;
        }
    }

    /**
     * Whether nobody would see that init has not begun with all mounts of the host. Hooks that run before its root is exchanged are programs of the host, as
     * criu is: in its namespaces, or entering them to mount there what they find (libnvidia-container does). And an init that does not exchange its root
     * goes on to have what it began with. In a user namespace the copies of the host's mounts have the locks that bind mounts of them are to have.
     */
    private static boolean isBornBare(ContainerContext context, Request request, Set<Kind> unshared, Set<Kind> joined) {
        Hooks hooks = request.spec().hooks();
        return unshared.contains(Kind.MOUNT)
                && !joined.contains(Kind.USER)
                && !context.rootfsPolicy().noPivotRoot()
                && request.restore().isEmpty()
                && (hooks == null
                        || (hooks.prestart().isEmpty()
                                && hooks.createRuntime().isEmpty()
                                && hooks.createContainer().isEmpty()))
                && context.bareMounts().filter(bare -> hasAll(bare, request)).isPresent();
    }

    private static boolean hasAll(BareMountNamespace bare, Request request) {
        return bare.has(request.directory())
                && switch (request.root()) {
                    case RootSource.Overlay(var layers, var upper, var work) ->
                        layers.stream().allMatch(bare::has) && bare.has(upper) && bare.has(work);
                    case RootSource.Directory _ -> true; // is cloned on the host
                }
                && request.volumes().values().stream()
                        .allMatch(volume -> volume.layers().stream().allMatch(bare::has));
    }

    /** Removes what a warden leaves in the container's directory. */
    private static void forget(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(Warden.SOCKET));
        Files.deleteIfExists(directory.resolve(ExitRecord.FILE));
    }

    /** Where the root is attached: in the container's mount namespace alone, the host sees an empty directory. */
    private static Path attachPoint(Request request) throws IOException {
        return Files.createDirectory(request.directory().resolve(ROOTFS));
    }

    /**
     * Takes hold of a container that an earlier daemon made.
     *
     * @param directory the container's
     * @param warden as {@link #wardenId} said it then
     * @param spec as in its request, as the two that follow
     * @throws IOException its warden is gone, or belongs to another daemon
     */
    public static Container reconnect(
            ContainerContext context,
            String id,
            Path directory,
            ProcessId warden,
            ProcessId init,
            Spec spec,
            boolean withStdin,
            Consumer<String> warnings)
            throws IOException {
        Undo undo = new Undo();
        try {
            String cgroupsPath = required(required(spec.linux(), "linux").cgroupsPath(), "linux.cgroupsPath");
            boolean terminal = required(spec.process(), "process").terminal();
            Warden connected = Warden.connect(context.loop(), id, directory, warden, STEP_LIMIT);
            undo.push(connected::close);
            ContainerStreams streams = ContainerStreams.fetch(connected, terminal, withStdin);
            undo.push(streams::close);
            Cgroup cgroup = context.cgroups().open(cgroupsPath);
            if (Criu.endForgotten(directory)) {
                cgroup.thaw();
            }
            return new Container(
                    directory,
                    connected,
                    cgroup,
                    init,
                    streams,
                    new ContainerHooks(id, directory, spec, context.capabilities(), warnings),
                    Restoring.isNoted(directory));
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
    }

    /**
     * Lets the first process execute its program (OCI: running), or lets the processes of a checkpoint be there again. Of the latter the hooks
     * startContainer and poststart do not run: they have, before the checkpoint.
     * @throws dev.fairlead.libcontainer.hooks.HookException a hook failed, before (startContainer) or after (poststart): the container was ended
     */
    public void start() throws IOException {
        if (restored) {
            Restoring.launch(warden, directory, hooks.spec());
            return;
        }
        if (warden.state() == Warden.State.CREATED) { // else the warden refuses what follows
            endingItOnFailure(() -> hooks.start(initId(), starter(Warden.State.CREATED)));
        }
        warden.launch(STEP_LIMIT);
        endingItOnFailure(() -> hooks.started(initId()));
    }

    private void endingItOnFailure(HookStep step) throws IOException {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            Undo undo = new Undo();
            undo.push(this::kill);
            undo.run(e);
            throw e;
        }
    }

    /** What hooks do at a point. */
    @FunctionalInterface
    private interface HookStep {
        void run() throws IOException;
    }

    /**
     * Signals the first process; nothing happens where it has ended.
     * @param signal its number in signal(7)
     */
    public void signal(int signal) throws ErrnoException {
        warden.signal(signal);
    }

    /** Sends SIGKILL to every process of the container. */
    public void kill() throws IOException {
        cgroup.kill();
        signal(SIGKILL);
    }

    /** How the first process ended. Completed on the event loop: what depends on it must not block. */
    public CompletableFuture<ExitRecord> exit() {
        return warden.exit();
    }

    /** Starts a further process; returns as soon as it has a pid. */
    public RunningExec exec(ProcessRequest process, Fd stdin, Fd stdout, Fd stderr, String name) throws IOException {
        return exec(new ExecRequest(process, stdin, stdout, stderr, Optional.empty()), Warden.State.RUNNING, name);
    }

    private ContainerHooks.Starter starter(Warden.State when) {
        return (request, name) -> exec(request, when, name);
    }

    private RunningExec exec(ExecRequest request, Warden.State when, String name) throws IOException {
        Cgroup own = cgroup.child(CGROUP_OF_EXECS + name);
        try {
            Optional<Fd> directory = own.v2Directory();
            try {
                Exec exec = warden.exec(request.in(directory), when, STEP_LIMIT);
                if (directory.isEmpty()) {
                    moveInto(own, exec);
                }
                return new RunningExec(exec, own);
            } finally {
                directory.ifPresent(Fd::close);
            }
        } catch (IOException | RuntimeException e) {
            try {
                own.remove();
            } catch (IOException cleanup) {
                e.addSuppressed(cleanup);
            }
            throw e;
        }
    }

    /**
     * Where there is no cgroup v2 to be born in, an exec is moved to its group: what it forked before stays with the container, and would
     * outlive the exec's end by force until the container's.
     */
    private static void moveInto(Cgroup own, Exec exec) throws IOException {
        try {
            own.add(exec.pid());
        } catch (CgroupException e) {
            if (e.errno() != Errno.ESRCH) {
                try (RunningExec failed = new RunningExec(exec, own)) {
                    failed.kill();
                }
                throw e;
            }
        }
    }

    /**
     * Stops all processes, has CRIU write what the first one and its descendants are, and lets them go on, whatever comes of it. Execs are
     * stopped too, and not written.
     * @param images directory for CRIU's images; log and statistics go to {@code work}
     * @param limit of CRIU's time
     * @param whileStopped what has to be saved at the same moment, such as the root file system
     * @throws dev.fairlead.libcontainer.criu.CriuException says what CRIU said
     */
    public void checkpoint(Criu criu, Path images, Path work, Duration limit, WhileStopped whileStopped)
            throws IOException {
        Linux linux = required(hooks.spec().linux(), "linux");
        cgroup.freeze();
        Undo going = new Undo();
        going.push(cgroup::thaw);
        try {
            Externals externals = Externals.of(initId(), linux);
            criu.dump(
                    new DumpRequest(initId().pid(), images, work, cgroup.freezer(), externals.forDump()),
                    directory,
                    limit);
            whileStopped.save(externals);
        } catch (IOException | RuntimeException | Error e) {
            going.run(e);
            throw e;
        }
        going.run("letting container " + id + " go on");
    }

    /** What is done while all processes are stopped. */
    @FunctionalInterface
    public interface WhileStopped {
        /** {@code externals}: what is not in CRIU's images. */
        void save(Externals externals) throws IOException;
    }

    /** Makes a pseudo-terminal for a further process. */
    public Pty openTerminal() throws IOException {
        return ContainerTerminal.open(initId());
    }

    /** Lets what the container reads end; an end of it that somebody else holds is to be closed too. */
    public void closeStdin() throws IOException {
        streams.stdin().ifPresent(Fd::close);
        warden.closeStdin();
    }

    /** Its limits, counters and processes. */
    public Cgroup cgroup() {
        return cgroup;
    }

    /** The daemon's ends of its stdio; whoever takes a stream over closes it. */
    public ContainerStreams streams() {
        return streams;
    }

    /** The first process; of a container that is restored, another one as soon as it runs. */
    public ProcessId initId() {
        return warden.init().map(InitProcess::id).orElse(createdInit);
    }

    /** The warden, to be remembered for {@link #reconnect}. */
    public ProcessId wardenId() {
        return warden.id();
    }

    /** Lets the warden of an ended container go, and removes the cgroup (OCI: delete). What is unread of its output is lost. */
    public void release() throws IOException {
        Undo steps = new Undo();
        steps.push(hooks::stopped);
        steps.push(() -> RootfsThread.detach(attachPoint));
        steps.push(cgroup::remove);
        steps.push(cgroup::kill);
        steps.push(this::close);
        steps.push(() -> warden.release(STEP_LIMIT));
        steps.run("releasing container " + id);
    }

    /** Ends whatever there is of it and removes it from the kernel. */
    public void destroy() throws IOException {
        Undo steps = new Undo();
        steps.push(hooks::stopped);
        steps.push(() -> RootfsThread.detach(attachPoint));
        steps.push(cgroup::remove);
        steps.push(cgroup::kill);
        steps.push(this::close);
        steps.push(() -> warden.abort(STEP_LIMIT));
        steps.run("destroying container " + id);
    }

    /**
     * Ends and removes whatever there is of a container that this daemon has no hold on: one that was cut off while it was made, or that
     * lost its warden.
     * @param cgroupsPath empty where it got none
     */
    public static void clear(ContainerContext context, String id, Path directory, Optional<String> cgroupsPath)
            throws IOException {
        Undo steps = new Undo();
        steps.push(() -> RootfsThread.detach(directory.resolve(ROOTFS)));
        if (cgroupsPath.isPresent()) {
            Cgroup cgroup = context.cgroups().at(cgroupsPath.get());
            steps.push(cgroup::remove);
            steps.push(cgroup::kill);
        }
        steps.push(() -> Warden.abortForgotten(context.loop(), id, directory, STEP_LIMIT));
        steps.run("clearing container " + id);
    }

    /** Whether an ended container was not quite put away: its cgroup goes after its warden, in one hierarchy after the other. */
    public static boolean isLeft(ContainerContext context, String cgroupsPath) throws IOException {
        return context.cgroups().at(cgroupsPath).isLeft();
    }

    /** {@link #clear(ContainerContext, String, Path, Optional)}, and then the poststop hooks of its configuration. */
    public static void clear(ContainerContext context, String id, Path directory, Spec spec, Consumer<String> warnings)
            throws IOException {
        Undo steps = new Undo();
        steps.push(new ContainerHooks(id, directory, spec, context.capabilities(), warnings)::stopped);
        Optional<String> cgroupsPath = Optional.ofNullable(spec.linux()).map(Linux::cgroupsPath);
        steps.push(() -> clear(context, id, directory, cgroupsPath));
        steps.run("clearing container " + id);
    }

    /** Whether its program was executed. */
    public boolean wasStarted() {
        return switch (warden.state()) {
            case STARTING, READY, CREATED -> false;
            case LAUNCHING, RUNNING, ENDED -> true;
        };
    }

    @Override
    public void close() {
        streams.close();
        warden.close();
    }

    private static Set<Kind> unshared(List<Namespace> namespaces, Set<Kind> joined) {
        Set<Kind> types = EnumSet.noneOf(Kind.class);
        for (Namespace namespace : namespaces) {
            type(namespace).filter(type -> !joined.contains(type)).ifPresent(types::add);
        }
        return types;
    }

    /** In the node's PID namespace, or one of the pod, procfs need not be the container's own. */
    private static boolean wantsOwnProc(List<Namespace> namespaces) {
        return namespaces.stream()
                .anyMatch(namespace -> type(namespace).filter(Kind.PID::equals).isPresent());
    }

    private static Optional<Kind> type(Namespace namespace) {
        return Kind.ofOciName(namespace.type());
    }

    private static <T> T required(@org.jspecify.annotations.Nullable T value, String field) throws IOException {
        if (value == null) {
            throw new IOException("config.json has no " + field);
        }
        return value;
    }
}
