package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the counters of the network interfaces of pods. One thread joins their namespaces one after the other and ends with the job: a
 * process of the pod, through whose /proc/PID/net others read, may be none or another pod's by then.
 */
public final class NetworkCounters {
    private static final Set<OpenFlag> OPEN = EnumSet.of(OpenFlag.RDONLY, OpenFlag.NOFOLLOW);

    private NetworkCounters() {}

    /**
     * Reads the counters of pods.
     *
     * @param pinned the directories of pods' namespaces, each as {@link PodNamespaces#at} takes it
     * @return by directory; one whose network namespace is not there any more is left out
     */
    public static Map<Path, List<InterfaceCounters>> read(Collection<Path> pinned) throws IOException {
        if (pinned.isEmpty()) {
            return Map.of();
        }
        List<Path> directories = List.copyOf(pinned);
        return JobThread.call("network-counters", () -> readAll(directories));
    }

    private static Map<Path, List<InterfaceCounters>> readAll(List<Path> directories) throws ErrnoException {
        Map<Path, List<InterfaceCounters>> all = new HashMap<>();
        for (Path directory : directories) {
            if (join(PodNamespaces.at(directory).path(Kind.NETWORK))) {
                all.put(directory, InterfaceCounters.ofThisThread());
            }
        }
        return all;
    }

    private static boolean join(Path namespace) throws ErrnoException {
        try (Fd open = Openat.open(Fd.CWD, namespace.toString(), OPEN, 0)) {
            Namespaces.join(open, Kind.NETWORK);
            return true;
        } catch (ErrnoException e) {
            // The pod is being stopped: the file is gone, or is not mounted over any more and pins nothing.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }
}
