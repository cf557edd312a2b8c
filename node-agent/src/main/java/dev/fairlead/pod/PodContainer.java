package dev.fairlead.pod;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import dev.fairlead.state.EntityDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One container of a pod: what was asked, what it became, and where it stands. */
public final class PodContainer {
    private final EntityDirectory directory;
    private final ContainerConfig config;
    private volatile Identity identity;
    private final Optional<Path> logPath;
    private final ReentrantLock lock = new ReentrantLock();
    private final CompletableFuture<ContainerState.Exited> exit = new CompletableFuture<>();
    private volatile ContainerState state;
    private volatile ContainerState.@Nullable Running launched;
    private volatile LinuxContainerResources resources;
    private volatile @Nullable ContainerHandle handle;
    private volatile @Nullable Spec spec;

    /**
     * What is settled when a container is created; of one that is restored, first process and lxcfs when it starts.
     *
     * @param imageId of the image at that time
     * @param imageRef what the kubelet finds the image by: a digest of its repository, else its id
     * @param cgroupPath below the cgroup mounts, absolute
     * @param user as whom it runs
     * @param stopSignal number of the signal that asks it to end
     * @param init its first process
     * @param warden its warden
     * @param lxcfs whether it was given the files of lxcfs
     */
    record Identity(
            String sandboxId,
            long createdAt,
            String imageId,
            String imageRef,
            String cgroupPath,
            User user,
            int stopSignal,
            ProcessId init,
            ProcessId warden,
            boolean lxcfs) {
        Identity restored(ProcessId process, boolean withLxcfs) {
            return new Identity(
                    sandboxId, createdAt, imageId, imageRef, cgroupPath, user, stopSignal, process, warden, withLxcfs);
        }
    }

    PodContainer(
            EntityDirectory directory,
            ContainerConfig config,
            Identity identity,
            Optional<Path> logPath,
            ContainerState state) {
        this.directory = directory;
        this.config = config;
        this.identity = identity;
        this.logPath = logPath;
        this.resources = config.getLinux().getResources();
        this.state = state;
        if (state instanceof ContainerState.Exited exited) {
            exit.complete(exited);
        }
    }

    public String id() {
        return directory.id();
    }

    public String sandboxId() {
        return identity.sandboxId();
    }

    public ContainerConfig config() {
        return config;
    }

    /** Nanoseconds since the epoch. */
    public long createdAt() {
        return identity.createdAt();
    }

    public String imageId() {
        return identity.imageId();
    }

    /** What the kubelet finds the image by. */
    public String imageRef() {
        return identity.imageRef();
    }

    public String cgroupPath() {
        return identity.cgroupPath();
    }

    public User user() {
        return identity.user();
    }

    /** The kernel's number of the signal that asks it to end. */
    public int stopSignal() {
        return identity.stopSignal();
    }

    /** Its first process, as the node sees it; it may have ended. */
    public int initPid() {
        return identity.init().pid();
    }

    /** Whether it was given the files of lxcfs; they may be away as long as lxcfs is. */
    public boolean hasLxcfs() {
        return identity.lxcfs();
    }

    /**
     * The OCI configuration that it was made from. Read when first asked for: most containers are never.
     * @throws IOException it cannot be read any more
     */
    public Spec spec() throws IOException {
        Spec known = spec;
        if (known == null) {
            known = directory
                    .readJson(EntityDirectory.CONFIG, Spec.class)
                    .orElseThrow(() -> new IOException("container " + id() + " has lost its config.json"));
            spec = known;
        }
        return known;
    }

    /** Where its output goes; empty: nowhere. */
    public Optional<Path> logPath() {
        return logPath;
    }

    public ContainerState state() {
        return state;
    }

    /** The limits as they are now, after updates. */
    public LinuxContainerResources resources() {
        return resources;
    }

    EntityDirectory directory() {
        return directory;
    }

    Identity identity() {
        return identity;
    }

    /** Its processes are there again, {@code init} as the first of them. */
    void restored(ProcessId init, boolean lxcfs) {
        identity = identity.restored(init, lxcfs);
    }

    /** Held while the container changes. The sandbox's lock, where it is needed too, is taken first. */
    ReentrantLock lock() {
        return lock;
    }

    /** Completes when the container has ended and its log is whole. */
    CompletableFuture<ContainerState.Exited> exit() {
        return exit;
    }

    synchronized void become(ContainerState next) {
        state = next;
        if (next instanceof ContainerState.Exited exited) {
            exit.complete(exited);
        }
    }

    void resources(LinuxContainerResources updated) {
        resources = updated;
    }

    /** What is open of it as long as its warden lives. */
    Optional<ContainerHandle> handle() {
        return Optional.ofNullable(handle);
    }

    void handle(@Nullable ContainerHandle next) {
        handle = next;
    }

    /** Notes that its launch begins: its end may be learned of before the launch is known to have succeeded. */
    void launching(ContainerState.Running next) {
        launched = next;
    }

    /** What it became when it was launched; empty where it never was. */
    Optional<ContainerState.Running> launched() {
        return Optional.ofNullable(launched);
    }

    /** Becomes {@code next} where it is still created: its end may have been learned of in the meantime. Tells whether it did. */
    synchronized boolean becomeRunning(ContainerState.Running next) {
        if (state instanceof ContainerState.Created) {
            state = next;
            return true;
        }
        return false;
    }

    ContainerRecord toRecord() {
        return toRecord(state);
    }

    /** The record of the container once it is in {@code next}. */
    ContainerRecord toRecord(ContainerState next) {
        ContainerRecord.Exit exited = next instanceof ContainerState.Exited end
                ? new ContainerRecord.Exit(end.finishedAt(), end.exitCode(), end.reason(), end.message())
                : null;
        return new ContainerRecord(
                identity.sandboxId(),
                identity.createdAt(),
                identity.imageId(),
                identity.imageRef(),
                identity.cgroupPath(),
                identity.user(),
                identity.stopSignal(),
                identity.init(),
                identity.warden(),
                identity.lxcfs(),
                next.startedAt(),
                exited);
    }
}
