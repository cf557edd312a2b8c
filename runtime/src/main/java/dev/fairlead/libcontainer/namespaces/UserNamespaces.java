package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.Signals;
import dev.fairlead.oci.IdMapping;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** User namespaces that nobody is in yet: to be joined by a container's first process, or for the id mappings of a mount. */
public final class UserNamespaces {
    /** A process that makes a system call and ends. */
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private UserNamespaces() {}

    /**
     * Makes a user namespace. A process of several threads cannot, so the launcher does: its process has ended by the time that its namespace is
     * looked at. It stays findable below /proc, credentials and all, until it is waited for.
     * @param uidMappings at least one
     * @param gidMappings at least one
     * @return the namespace's file; owned by the caller. The namespace lasts as long as it is open, joined or used by a mount
     * @throws IOException says what of the mappings the kernel refuses, or that no namespace could be made
     */
    public static Fd withMappings(Launcher launcher, List<IdMapping> uidMappings, List<IdMapping> gidMappings)
            throws IOException {
        if (uidMappings.isEmpty() || gidMappings.isEmpty()) {
            throw new IOException("a user namespace needs mappings of uids and of gids: one of them has none");
        }
        int pid = launcher.start(List.of("fairlead-userns"), Map.of());
        try (Fd pidfd = Pidfds.open(pid)) {
            if (!Pidfds.awaitEnd(pidfd, LIMIT)) {
                Pidfds.signal(pidfd, Signals.KILL);
                Pidfds.awaitEnd(pidfd, LIMIT);
            }
            try {
                Fd namespace = mapped(pid, uidMappings, gidMappings);
                Pidfds.reap(pidfd);
                return namespace;
            } catch (IOException e) {
                // Where unshare failed this is its error: what was written then were the maps of our own namespace,
                // which are never open.
                OptionalInt status = Pidfds.reap(pidfd);
                if (status.isPresent() && status.getAsInt() != 0) {
                    throw new ErrnoException("unshare(CLONE_NEWUSER)", Errno.of(status.getAsInt()));
                }
                throw e;
            }
        }
    }

    private static Fd mapped(int pid, List<IdMapping> uids, List<IdMapping> gids) throws IOException {
        Fd namespace = Namespaces.openOf(pid, Kind.USER);
        try {
            write(pid, "uid_map", uids);
            write(pid, "gid_map", gids);
            return namespace;
        } catch (IOException e) {
            namespace.close();
            throw e;
        }
    }

    private static void write(int pid, String file, List<IdMapping> mappings) throws IOException {
        String lines = mappings.stream()
                .map(map -> map.containerID() + " " + map.hostID() + " " + map.size())
                .collect(Collectors.joining("\n"));
        try {
            KernelFiles.write("/proc/" + pid + "/" + file, lines);
        } catch (ErrnoException e) {
            throw new IOException(
                    file + " \"" + lines.replace('\n', ',') + "\" (container, host, size): "
                            + e.errno().describe() + advice(e.errno()),
                    e);
        }
    }

    private static String advice(Errno errno) {
        return switch (errno) {
            case EINVAL ->
                "; ranges must not overlap, have a size of at least 1, stay below 4294967295, and be 340 at most";
            case EPERM -> "; the host's ids must be mapped in the daemon's own user namespace";
            default -> "";
        };
    }
}
