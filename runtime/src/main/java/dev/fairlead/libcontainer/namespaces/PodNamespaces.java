package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileCredentials;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.NetworkInterfaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A pod's namespaces, each pinned by a bind mount on a file named like those of /proc/PID/ns ({@code net}, {@code ipc}, {@code uts},
 * {@code pid}, {@code user}) in one directory. They live until {@link #remove}, whatever happens to processes, this one included; a
 * namespace without a file is the host's.
 */
public final class PodNamespaces {
    private static final Set<Kind> CREATABLE = EnumSet.of(Kind.NETWORK, Kind.IPC, Kind.UTS);
    private static final List<Kind> PINNED =
            List.of(Kind.NETWORK, Kind.IPC, Kind.UTS, Kind.PID, Kind.USER, Kind.CGROUP);
    /** A crash between two starts of a pod could pin twice; more than a few layers are somebody else's work. */
    private static final int MAX_LAYERS = 8;

    private final Path directory;

    private PodNamespaces(Path directory) {
        this.directory = directory;
    }

    /**
     * What a pod wants.
     *
     * @param own network, ipc and uts as far as the pod has its own; the others are the host's
     * @param hostname with an own uts namespace
     * @param sysctls each of an own namespace
     */
    public record Plan(Set<Kind> own, Optional<String> hostname, List<Sysctl> sysctls) {
        public Plan {
            own = Set.copyOf(own);
            sysctls = List.copyOf(sysctls);
            if (!CREATABLE.containsAll(own)) {
                throw new IllegalArgumentException("only " + CREATABLE + " are made for a pod, not " + own);
            }
            if (hostname.isPresent() && !own.contains(Kind.UTS)) {
                throw new IllegalArgumentException(
                        "hostname " + hostname.get() + ": the pod shares the host's UTS namespace");
            }
            for (Sysctl sysctl : sysctls) {
                if (!own.contains(sysctl.kind())) {
                    throw new IllegalArgumentException("sysctl " + sysctl.name() + ": it needs a "
                            + sysctl.kind().file() + " namespace of the pod's own, and the pod uses the host's");
                }
            }
        }

        /**
         * Judges sysctls by name and value.
         * @throws IllegalArgumentException one is not namespaced, or its namespace is the host's; the text names it
         */
        public static Plan of(Set<Kind> own, Optional<String> hostname, Map<String, String> sysctls) {
            return new Plan(
                    own,
                    hostname,
                    sysctls.entrySet().stream()
                            .map(entry -> Sysctl.of(entry.getKey(), entry.getValue()))
                            .toList());
        }
    }

    /**
     * Makes the namespaces, brings their loopback up, sets hostname and sysctls, and pins them. Where a step fails, nothing is left.
     *
     * @param directory exists, belongs to this pod alone
     */
    public static PodNamespaces create(Path directory, Plan plan) throws IOException {
        if (plan.own().isEmpty()) {
            return new PodNamespaces(directory);
        }
        return JobThread.call("pod namespaces", () -> {
            Namespaces.unshare(plan.own());
            configure(plan, OptionalInt.empty());
            return pinAll(directory, plan.own(), "/proc/thread-self/ns/");
        });
    }

    /**
     * Does what {@link #create} does with namespaces that a process has made, and pins its user namespace with them: no thread of ours can
     * make one.
     *
     * @param process a pidfd
     * @param pid of that process
     * @param root uid, on the host, of the root of its user namespace
     */
    public static PodNamespaces adopt(Path directory, Plan plan, Fd process, int pid, int root) throws IOException {
        Set<Kind> pinned = EnumSet.of(Kind.USER);
        pinned.addAll(plan.own());
        return JobThread.call("pod namespaces", () -> {
            if (!plan.own().isEmpty()) {
                Namespaces.joinProcess(process, plan.own());
                configure(plan, OptionalInt.of(root));
            }
            return pinAll(directory, pinned, "/proc/" + pid + "/ns/");
        });
    }

    /** The namespaces pinned in {@code directory} earlier. */
    public static PodNamespaces at(Path directory) {
        return new PodNamespaces(directory);
    }

    private static PodNamespaces pinAll(Path directory, Set<Kind> kinds, String names) throws IOException {
        PodNamespaces namespaces = new PodNamespaces(directory);
        try {
            for (Kind kind : kinds) {
                namespaces.pin(kind, names + kind.file());
            }
            return namespaces;
        } catch (IOException e) {
            try {
                namespaces.remove();
            } catch (IOException cleanup) {
                e.addSuppressed(cleanup);
            }
            throw e;
        }
    }

    /** {@code root}: of the user namespace that owns the pod's; empty: the host's own does. */
    private static void configure(Plan plan, OptionalInt root) throws IOException {
        if (plan.own().contains(Kind.NETWORK)) {
            NetworkInterfaces.setUp("lo");
        }
        if (plan.hostname().isPresent()) {
            Namespaces.setHostname(plan.hostname().get());
        }
        for (Sysctl sysctl : plan.sysctls()) {
            try {
                set(sysctl, root);
            } catch (NoSuchFileException e) {
                throw new IOException("sysctl " + sysctl.name() + ": this kernel has no such parameter", e);
            } catch (AccessDeniedException e) {
                throw new IOException(
                        "sysctl " + sysctl.name() + " = " + sysctl.value()
                                + ": the kernel lets nobody but the node's root write it, and only outside of user namespaces",
                        e);
            } catch (IOException e) {
                throw new IOException("sysctl " + sysctl.name() + " = " + sysctl.value() + ": " + e.getMessage(), e);
            }
        }
    }

    private static void set(Sysctl sysctl, OptionalInt root) throws IOException {
        // On this thread: the kernel takes the namespace of whoever opens the file.
        Path file = Path.of("/proc/sys", sysctl.path());
        try {
            Files.writeString(file, sysctl.value(), StandardCharsets.UTF_8);
        } catch (AccessDeniedException e) {
            if (root.isEmpty()) {
                throw e;
            }
            // Parameters of an IPC namespace look at the writer's uid alone (ipc_permissions() in ipc/ipc_sysctl.c),
            // and of
            // one that a user namespace owns at that one's root: the host's root may only read them.
            FileCredentials.setEffectiveUser(root.getAsInt());
            try {
                Files.writeString(file, sysctl.value(), StandardCharsets.UTF_8);
            } finally {
                FileCredentials.setEffectiveUser(0);
            }
        }
    }

    /**
     * Pins a namespace of a process, such as the PID namespace of a pod's pause process.
     * @param pid in this process' PID namespace
     */
    public void pin(Kind kind, int pid) throws IOException {
        pin(kind, "/proc/" + pid + "/ns/" + kind.file());
    }

    private void pin(Kind kind, String namespace) throws IOException {
        // O_NOFOLLOW and a descriptor: the mount lands on this file even if the name is something else a moment later.
        Set<OpenFlag> flags = EnumSet.of(OpenFlag.RDONLY, OpenFlag.CREAT, OpenFlag.NOFOLLOW);
        try (Fd file = Openat.open(Fd.CWD, path(kind).toString(), flags, 0444);
                Fd mount = Mounts.openTree(Fd.CWD, namespace, EnumSet.of(TreeFlag.CLONE))) {
            Mounts.attach(mount, file);
        }
    }

    /** The file of a namespace, as a CNI plugin wants it; whether it is pinned, {@link #open} tells. */
    public Path path(Kind kind) {
        return directory.resolve(kind.file());
    }

    /**
     * Opens a namespace, to join it.
     *
     * @return owned; empty: the pod has none of its own
     * @throws IOException the file is there but pins nothing, as after a reboot
     */
    public Optional<Fd> open(Kind kind) throws IOException {
        Fd file;
        try {
            file = Openat.open(Fd.CWD, path(kind).toString(), EnumSet.of(OpenFlag.RDONLY, OpenFlag.NOFOLLOW), 0);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
        try {
            if (Stat.fileSystem(file).magic() != Stat.NSFS_MAGIC) {
                throw new IOException(
                        path(kind) + " pins no namespace any more: the pod is from before a reboot or was unmounted");
            }
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return Optional.of(file);
    }

    /** Gives the namespaces up: they end with their last process. What is not there is no error; repeat it at will. */
    public void remove() throws IOException {
        for (Kind kind : PINNED) {
            unpin(path(kind));
        }
    }

    private static void unpin(Path file) throws IOException {
        for (int layer = 0; layer < MAX_LAYERS; layer++) {
            try {
                Mounts.unmount(file.toString(), EnumSet.of(UnmountFlag.DETACH, UnmountFlag.NOFOLLOW));
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
                    throw e;
                }
                break;
            }
        }
        Files.deleteIfExists(file);
    }
}
