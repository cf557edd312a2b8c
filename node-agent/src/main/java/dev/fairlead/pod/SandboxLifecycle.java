package dev.fairlead.pod;

import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.UpdatePodSandboxResourcesRequest;
import dev.fairlead.libcontainer.Undo;
import dev.fairlead.pod.LifecycleEvents.Step;
import dev.fairlead.state.EntityDirectory;
import dev.fairlead.state.StateRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes, stops and removes pod sandboxes: namespaces, shared memory, files, network and cgroup of a pod, without a process of its own. */
public final class SandboxLifecycle {
    private static final System.Logger LOG = System.getLogger(SandboxLifecycle.class.getName());

    private final PodRegistry registry;
    private final StateRoot state;
    private final SandboxKernel kernel;
    private final SandboxNetwork network;
    private final ContainerLifecycle containers;
    private final LifecycleEvents events;

    public SandboxLifecycle(
            PodRegistry registry,
            StateRoot state,
            SandboxKernel kernel,
            SandboxNetwork network,
            ContainerLifecycle containers,
            LifecycleEvents events) {
        this.registry = registry;
        this.state = state;
        this.kernel = kernel;
        this.network = network;
        this.containers = containers;
        this.events = events;
    }

    /**
     * Makes a sandbox (RunPodSandbox). What fails in the middle is undone.
     * @return its id
     */
    public String run(PodSandboxConfig config, String runtimeHandler) throws IOException, InterruptedException {
        SandboxRequests.validate(config);
        RuntimeHandlers.requireKnown(runtimeHandler);
        String id = Ids.random();
        String name = PodRegistry.name(config.getMetadata());
        registry.reserve(name, id);
        Undo undo = new Undo();
        undo.push(() -> registry.release(name));
        try {
            EntityDirectory directory = state.sandbox(id);
            directory.create();
            undo.push(directory::remove);
            PodSandbox sandbox = new PodSandbox(
                    directory,
                    config,
                    runtimeHandler,
                    Clocks.now(),
                    SandboxRequests.cgroupParent(config, id),
                    new SandboxState.NotReady());
            directory.writeRequest(config);
            List<String> addresses = build(sandbox, undo);
            sandbox.become(new SandboxState.Ready(addresses));
            directory.writeRecord(sandbox.toRecord());
            // Two steps of what is one to us: listeners know sandboxes as containers that are created, then started.
            events.step(sandbox, Step.CREATED, () -> registry.add(sandbox));
            events.step(sandbox, Step.STARTED, () -> {});
            LOG.log(
                    System.Logger.Level.INFO,
                    () -> "pod " + sandbox.displayName() + " runs as " + id + ' ' + addresses);
            return id;
        } catch (IOException | RuntimeException | InterruptedException | Error e) {
            undo.run(e);
            throw e;
        }
    }

    private List<String> build(PodSandbox sandbox, Undo undo) throws IOException, InterruptedException {
        String hostname = SandboxRequests.hostname(sandbox.config());
        undo.push(() -> kernel.removeNamespaces(sandbox));
        kernel.createNamespaces(sandbox, hostname);
        if (sandbox.namespaces().getIpc() != NamespaceMode.NODE) {
            undo.push(() -> PodShm.unmount(sandbox.file(PodFileName.SHM)));
            PodShm.mount(sandbox.file(PodFileName.SHM), sandbox.ids());
        }
        if (sandbox.cgroupParent().ours() || sandbox.namespaces().getPid() == NamespaceMode.POD) {
            undo.push(() -> kernel.removeCgroup(sandbox));
        }
        if (sandbox.namespaces().getPid() == NamespaceMode.POD) {
            undo.push(() -> kernel.endPause(sandbox));
            kernel.startPause(sandbox);
        }
        List<String> addresses = List.of();
        if (sandbox.ownsNetwork()) {
            undo.push(() -> network.detach(sandbox, kernel.networkNamespace(sandbox)));
            addresses = network.attach(sandbox, kernel.networkNamespace(sandbox));
        }
        PodFiles.write(sandbox, hostname, addresses);
        return addresses;
    }

    /** The pinned network namespace of a pod that has one of its own. */
    public Optional<Path> networkNamespace(PodSandbox sandbox) {
        return sandbox.ownsNetwork() ? Optional.of(kernel.networkNamespace(sandbox)) : Optional.empty();
    }

    /** Ends the pod's containers, and gives back its network and namespaces (StopPodSandbox). Stopping a stopped one does nothing. */
    public void stop(PodSandbox sandbox) throws IOException, InterruptedException {
        sandbox.lock().lockInterruptibly();
        try {
            if (!sandbox.isReady()) {
                return;
            }
            for (PodContainer container : registry.containersOf(sandbox)) {
                containers.stop(container, Duration.ZERO);
            }
            if (sandbox.ownsNetwork()) {
                network.detach(sandbox, kernel.networkNamespace(sandbox));
            }
            kernel.endPause(sandbox);
            kernel.removeNamespaces(sandbox);
            PodShm.unmount(sandbox.file(PodFileName.SHM));
            kernel.removeCgroup(sandbox);
            events.step(sandbox, Step.STOPPED, () -> sandbox.become(new SandboxState.NotReady()));
            sandbox.directory().writeRecord(sandbox.toRecord());
        } finally {
            sandbox.lock().unlock();
        }
    }

    /**
     * Takes note of the pod's resources after the kubelet has changed them (UpdatePodSandboxResources): the cgroup of the pod is the
     * kubelet's, and has been changed by it. A cgroup that is ours, as nobody named one, gets the limits of both together.
     *
     * @param overhead of the pod itself, empty: none
     * @param resources the sum of the containers'
     */
    public void update(PodSandbox sandbox, LinuxContainerResources overhead, LinuxContainerResources resources)
            throws IOException, InterruptedException {
        sandbox.lock().lockInterruptibly();
        try {
            if (!sandbox.isReady()) {
                throw new PodException.WrongState("pod sandbox " + sandbox.id() + " (" + sandbox.displayName()
                        + ") is not ready: it has no resources to change");
            }
            PodResources updated = PodResources.of(overhead, resources);
            kernel.limit(sandbox, updated);
            sandbox.directory().write(PodResources.FILE, updated.message());
            sandbox.resources(updated);
        } finally {
            sandbox.lock().unlock();
        }
    }

    /** Stops the pod where it runs, and removes it with its containers (RemovePodSandbox). */
    public void remove(PodSandbox sandbox) throws IOException, InterruptedException {
        stop(sandbox);
        for (PodContainer container : registry.containersOf(sandbox)) {
            containers.remove(container);
        }
        sandbox.lock().lockInterruptibly();
        try {
            if (registry.findSandbox(sandbox.id()).isEmpty()) {
                return; // another call was faster
            }
            sandbox.directory().remove();
            events.step(sandbox, Step.DELETED, () -> registry.remove(sandbox));
        } finally {
            sandbox.lock().unlock();
        }
    }

    /** Takes over the sandboxes of a daemon that is gone, and clears away those that were cut off while they were made. */
    void recover() throws IOException, InterruptedException {
        for (EntityDirectory directory : state.sandboxes()) {
            Optional<PodSandboxConfig> config = directory.readRequest(PodSandboxConfig.parser());
            Optional<SandboxRecord> record = directory.readRecord(SandboxRecord.class);
            if (config.isPresent() && record.isPresent()) {
                adopt(directory, config.get(), record.get());
            } else {
                clear(directory, config.orElse(PodSandboxConfig.getDefaultInstance()));
            }
        }
    }

    private void adopt(EntityDirectory directory, PodSandboxConfig config, SandboxRecord record) throws IOException {
        PodSandbox sandbox = new PodSandbox(
                directory,
                config,
                record.runtimeHandler(),
                record.createdAt(),
                new PodSandbox.CgroupParent(record.cgroupParent(), record.ownsCgroupParent()),
                record.ready() ? new SandboxState.Ready(record.addresses()) : new SandboxState.NotReady());
        directory
                .read(PodResources.FILE, UpdatePodSandboxResourcesRequest.parser())
                .map(PodResources::of)
                .ifPresent(sandbox::resources);
        registry.reserve(PodRegistry.name(config.getMetadata()), directory.id());
        registry.add(sandbox);
    }

    private void clear(EntityDirectory directory, PodSandboxConfig config) throws IOException, InterruptedException {
        LOG.log(
                System.Logger.Level.INFO,
                () -> "removing pod sandbox " + directory.id() + ", which was never finished");
        PodSandbox rest = new PodSandbox(
                directory,
                config,
                "",
                0,
                SandboxRequests.cgroupParent(config, directory.id()),
                new SandboxState.NotReady());
        if (rest.ownsNetwork()) {
            network.detach(rest, kernel.networkNamespace(rest));
        }
        kernel.endPause(rest);
        kernel.removeNamespaces(rest);
        PodShm.unmount(rest.file(PodFileName.SHM));
        kernel.removeCgroup(rest);
        directory.remove();
    }

    /** After a reboot: nothing of it lives any more, but addresses and directories are still taken. */
    void forgetEarlierBoot() throws IOException, InterruptedException {
        for (EntityDirectory directory : state.sandboxes()) {
            clear(
                    directory,
                    directory.readRequest(PodSandboxConfig.parser()).orElse(PodSandboxConfig.getDefaultInstance()));
        }
    }
}
