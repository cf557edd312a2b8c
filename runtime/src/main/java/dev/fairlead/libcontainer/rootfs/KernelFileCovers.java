package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Pidfds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Mounts over single files of /proc and /sys in a container that exists, and takes them away again: what lxcfs is for. The host's mount
 * namespace, the paths of the container and every other mount in it stay as they are.
 *
 * @param type of the file system that covers, as mountinfo has it: {@code fuse.lxcfs}. Only mounts of this type are ever taken away
 * @param device of that file system, as mountinfo has it; a cover that has it already is left in its place. Empty: there is none now
 */
public record KernelFileCovers(String type, String device) {
    private static final String ONLINE_PROCESSORS = "/sys/devices/system/cpu/online";

    /** The files that may be covered: those of /proc where a mount is allowed, and the list of processors in /sys. */
    public static final List<String> PATHS = paths();

    private static List<String> paths() {
        List<String> paths = new ArrayList<>(ProcGuard.ALLOWED);
        paths.add(ONLINE_PROCESSORS);
        return List.copyOf(paths);
    }

    /**
     * Makes the covers of a container what they should be. One that another of our type had before goes; what the container has mounted itself
     * at such a path, or was given there, stays on top; where it has no such file, nothing happens.
     *
     * @param name of the container, for messages
     * @param covers detached mounts by the path they belong at, of {@link #PATHS}; borrowed, those that were used are attached afterwards.
     *     Paths that are not in it are uncovered
     * @return how many files are covered now; empty: the container has ended
     */
    public OptionalInt settle(String name, ProcessId init, Map<String, Fd> covers) throws IOException {
        return JobThread.call("mounts of " + name, () -> {
            try (Fd pidfd = Pidfds.open(init.pid())) {
                if (!init.exists()) {
                    return OptionalInt.empty();
                }
                try (RunningRoot root = RunningRoot.enter(init.pid())) {
                    // The pid was looked up by number: it was the container's all the time if that lives still.
                    Pidfds.signal(pidfd, 0);
                    int covered = 0;
                    for (String path : PATHS) {
                        covered += settle(root, path, covers) ? 1 : 0;
                    }
                    return OptionalInt.of(covered);
                }
            } catch (IOException e) {
                if (hasEnded(e, init)) {
                    return OptionalInt.empty();
                }
                throw e;
            }
        });
    }

    private static boolean hasEnded(IOException e, ProcessId init) throws IOException {
        return (e instanceof ErrnoException call && call.errno() == Errno.ESRCH) || !init.exists();
    }

    private boolean settle(RunningRoot root, String path, Map<String, Fd> covers) throws IOException {
        Fd cover = covers.get(path);
        Optional<MountInfo> top = root.topOf(path);
        if (top.filter(mount -> mount.type().equals(type)).isPresent()) {
            if (cover != null && top.get().device().equals(device)) {
                return true;
            }
            root.removeFrom(path, type);
        }
        return cover != null && root.attach(cover, path, path.startsWith("/proc/") ? "proc" : "sysfs");
    }
}
