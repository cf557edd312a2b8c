package dev.fairlead.pod;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.state.EntityDirectory;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** One pod sandbox: what was asked, and where it stands. */
public final class PodSandbox {
    private final EntityDirectory directory;
    private final PodSandboxConfig config;
    private final String runtimeHandler;
    private final long createdAt;
    private final CgroupParent cgroupParent;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile SandboxState state;
    private volatile PodResources resources;

    PodSandbox(
            EntityDirectory directory,
            PodSandboxConfig config,
            String runtimeHandler,
            long createdAt,
            CgroupParent cgroupParent,
            SandboxState state) {
        this.directory = directory;
        this.config = config;
        this.runtimeHandler = runtimeHandler;
        this.createdAt = createdAt;
        this.cgroupParent = cgroupParent;
        this.state = state;
        this.resources = PodResources.of(
                config.getLinux().getOverhead(), config.getLinux().getResources());
    }

    /**
     * Where the containers' cgroups lie.
     * @param path below the cgroup mounts, absolute
     * @param ours whether Fairlead makes and removes it, as nobody named one
     */
    record CgroupParent(String path, boolean ours) {}

    public String id() {
        return directory.id();
    }

    public PodSandboxConfig config() {
        return config;
    }

    public String runtimeHandler() {
        return runtimeHandler;
    }

    /** Nanoseconds since the epoch. */
    public long createdAt() {
        return createdAt;
    }

    public SandboxState state() {
        return state;
    }

    public boolean isReady() {
        return state instanceof SandboxState.Ready;
    }

    /** Where its containers' cgroups lie, below the cgroup mounts; pods may share it. */
    public String cgroupPath() {
        return cgroupParent.path();
    }

    /** What the pod may use as a whole, after updates. */
    public PodResources resources() {
        return resources;
    }

    void resources(PodResources updated) {
        resources = updated;
    }

    /** Which namespaces the pod shares with the node, and which its containers share. */
    public NamespaceOption namespaces() {
        return config.getLinux().getSecurityContext().getNamespaceOptions();
    }

    /** Whether the pod has a network of its own. */
    public boolean ownsNetwork() {
        return namespaces().getNetwork() != NamespaceMode.NODE;
    }

    /** Of the pod's own user namespace; empty: it is in the node's. */
    Optional<IdMap> ids() {
        return PodUsers.of(namespaces());
    }

    /** As messages name it: namespace/name. */
    public String displayName() {
        return config.getMetadata().getNamespace() + '/' + config.getMetadata().getName();
    }

    EntityDirectory directory() {
        return directory;
    }

    Path file(PodFileName name) {
        return directory.resolve(name.fileName());
    }

    CgroupParent cgroupParent() {
        return cgroupParent;
    }

    /** Held while the sandbox changes; never while a container's lock is held. */
    ReentrantLock lock() {
        return lock;
    }

    void become(SandboxState next) {
        state = next;
    }

    SandboxRecord toRecord() {
        return new SandboxRecord(
                runtimeHandler, createdAt, cgroupParent.path(), cgroupParent.ours(), isReady(), state.addresses());
    }
}
