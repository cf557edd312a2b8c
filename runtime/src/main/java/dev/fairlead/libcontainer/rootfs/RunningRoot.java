package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The root of a container whose processes run, with the calling thread in its mount namespace: that thread ends with the job. The container
 * may mount and rename at the same time; whatever it does, it is its own mount namespace alone that can be changed from here.
 *
 * <p>No call here asks a file system of the container anything, so a FUSE server of it, or a dead one, cannot hold us.
 */
final class RunningRoot implements AutoCloseable {
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW);
    private static final Set<ResolveFlag> INSIDE_WITHOUT_LINKS =
            EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_SYMLINKS);

    /** A cover more each time that lxcfs came back would be two; whoever stacks more keeps them. */
    private static final int MOST_LAYERS = 16;

    private static final String MOUNT_ID = "mnt_id:";

    private final int pid;
    private final Fd root;
    private final Fd descriptors;
    private Map<Long, MountInfo> mounts = Map.of();

    private RunningRoot(int pid, Fd root, Fd descriptors) {
        this.pid = pid;
        this.root = root;
        this.descriptors = descriptors;
    }

    /** Moves this thread into the mount namespace of a process; root and working directory stay those of the host. */
    static RunningRoot enter(int pid) throws IOException {
        Namespaces.unshareFileSystem();
        try (Fd host = Openat.open(Fd.CWD, "/", DIRECTORY, 0);
                Fd own = Namespaces.openOwn(Kind.MOUNT);
                Fd theirs = Namespaces.openOf(pid, Kind.MOUNT)) {
            RunningRoot entered = open(pid);
            try {
                // setns(2) moves the thread's root as well. Until it is back, a class that the JVM loads on this thread
                // would come from the container: so all is done once in our own namespace first, and nothing is left to
                // load.
                join(own, host);
                join(theirs, host);
                return entered;
            } catch (IOException e) {
                entered.close();
                throw e;
            }
        }
    }

    private static RunningRoot open(int pid) throws IOException {
        Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0);
        try {
            return new RunningRoot(pid, Openat.open(Fd.CWD, "/proc/" + pid + "/root", DIRECTORY, 0), descriptors);
        } catch (IOException e) {
            descriptors.close();
            throw e;
        }
    }

    private static void join(Fd namespace, Fd host) throws ErrnoException {
        Namespaces.join(namespace, Kind.MOUNT);
        Namespaces.changeDirectory(host);
        Namespaces.changeRootToWorkingDirectory();
    }

    /** What lies on top at a path; empty where nothing does, or a link is on the way. */
    Optional<MountInfo> topOf(String path) throws IOException {
        Optional<Fd> found = find(path);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (Fd object = found.get()) {
            return mountOf(object);
        }
    }

    /** Takes away the mounts of a type that lie on top at a path. */
    void removeFrom(String path, String type) throws IOException {
        for (int i = 0; i < MOST_LAYERS; i++) {
            Optional<Fd> found = find(path);
            if (found.isEmpty()) {
                return;
            }
            try (Fd object = found.get()) {
                if (!isOf(object, type)) {
                    return;
                }
                unmount(object);
            }
        }
    }

    private void unmount(Fd mount) throws IOException {
        try {
            // By its descriptor, so it is this very mount that goes. The link below /proc has to be followed.
            Mounts.unmount("/proc/thread-self/fd/" + mount.number(), EnumSet.of(UnmountFlag.DETACH));
            mounts = Map.of(); // its id is free for another
        } catch (ErrnoException e) {
            // The container has taken it away meanwhile, or it lies there with others above it that are locked.
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
        }
    }

    /**
     * Attaches a mount on a file of the kernel's own. Its path is judged as the kernel has it, and what it lies on must be that file system: over
     * anything else a program would be shown what it did not ask for (CVE-2019-16884, CVE-2019-19921).
     *
     * @param type of the file system that must lie there: proc or sysfs
     * @return whether it is attached; false: there is no such file, or something else lies there
     */
    boolean attach(Fd mount, String path, String type) throws IOException {
        Optional<Fd> found = find(path);
        if (found.isEmpty()) {
            return false;
        }
        try (Fd target = found.get()) {
            if (!isOf(target, type) || !kernelPath(target).equals(path)) {
                return false;
            }
            Mounts.attach(mount, target);
            return true;
        }
    }

    private Optional<Fd> find(String path) throws IOException {
        try {
            return Openat.find(root, path.substring(1), HANDLE, INSIDE_WITHOUT_LINKS);
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ELOOP, ENOTDIR, EACCES -> Optional.empty();
                default -> throw e;
            };
        }
    }

    private String kernelPath(Fd object) throws ErrnoException {
        return Openat.readLink(descriptors, Integer.toString(object.number()));
    }

    private boolean isOf(Fd object, String type) throws IOException {
        return mountOf(object).filter(top -> top.type().equals(type)).isPresent();
    }

    /** The table is read again for a mount that was not there before. */
    private Optional<MountInfo> mountOf(Fd object) throws IOException {
        long id = mountId(object);
        if (!mounts.containsKey(id)) {
            mounts = MountInfo.of(Integer.toString(pid)).stream()
                    .collect(Collectors.toMap(MountInfo::id, Function.identity(), (first, second) -> second));
        }
        return Optional.ofNullable(mounts.get(id));
    }

    /** statx(2) would ask the file system. */
    private static long mountId(Fd object) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/thread-self/fdinfo/" + object.number()))) {
            if (line.startsWith(MOUNT_ID)) {
                return Long.parseLong(line.substring(MOUNT_ID.length()).strip());
            }
        }
        throw new IOException("/proc/thread-self/fdinfo has no " + MOUNT_ID + " of " + object.name());
    }

    @Override
    public void close() {
        root.close();
        descriptors.close();
    }
}
