package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bind source that is named by way of a process: {@code /proc/PID/fd/N}, {@code /proc/PID/root/...}, {@code /proc/PID/cwd}. These are magic
 * links: they lead to the very mount and file that the process has, which need not be one of the host's.
 *
 * @param process PID, or that of one of its threads
 * @param rest behind it, with the slash it begins with
 */
record ProcSource(MountEntry entry, int process, String rest) {
    private static final Pattern OF_A_PROCESS = Pattern.compile("/proc/([0-9]{1,9})((?:/.*)?)");
    private static final Pattern OF_A_THREAD = Pattern.compile("/task/([0-9]{1,9})((?:/.*)?)");
    private static final Pattern OF_OURSELVES =
            Pattern.compile("/proc/(self|thread-self)(/.*)?|/dev/(fd|stdin|stdout|stderr)(/.*)?");
    private static final Pattern DESCRIPTOR = Pattern.compile("/fd/[0-9]+");
    private static final String ROOT = "/root/";
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH);
    private static final Set<ResolveFlag> AS_THE_PROCESS = EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_MAGICLINKS);

    /** Whether a source has to be opened here. */
    static boolean isOne(String source) {
        return source.startsWith("/proc/") || source.startsWith("/dev/");
    }

    /**
     * Clones the mount of an entry's source.
     * @param policy whether mounts of other mount namespaces may be cloned
     * @return a detached copy, owned
     * @throws RootfsException says what the descriptor is, and why the kernel refuses
     */
    static Fd open(MountEntry entry, Set<TreeFlag> flags, RootfsPolicy policy) throws RootfsException {
        String source = Path.of(entry.source()).normalize().toString();
        if (OF_OURSELVES.matcher(source).matches()) {
            throw refusal(entry);
        }
        Matcher process = OF_A_PROCESS.matcher(source);
        if (!process.matches()) {
            return BindSource.clone(entry, flags);
        }
        Matcher thread = OF_A_THREAD.matcher(process.group(2));
        ProcSource found = thread.matches()
                ? new ProcSource(entry, Integer.parseInt(thread.group(1)), thread.group(2))
                : new ProcSource(entry, Integer.parseInt(process.group(1)), process.group(2));
        if (found.isOurDescriptor()) {
            throw refusal(entry);
        }
        return found.open(flags, policy);
    }

    /** The path of what a source leads to: a magic link can be followed only where the mount is, a path in each copy of the mount's namespace. */
    static String pathOf(String source) throws ErrnoException {
        try (Fd object = Openat.open(Fd.CWD, source, HANDLE, 0)) {
            return pathOf(object);
        }
    }

    /** Of what is open, as this thread sees it. */
    static String pathOf(Fd object) throws ErrnoException {
        return Openat.readLink(Fd.CWD, "/proc/thread-self/fd/" + object.number());
    }

    /**
     * A descriptor of the daemon's may be anything: another container's root, a copy of a mount that no path leads to. Whoever asks for "self"
     * meant a process of his own (CVE-2024-21626 is what comes of a runtime's descriptors in a container's hands).
     */
    private static RootfsException refusal(MountEntry entry) {
        return new RootfsException(
                entry.describe(),
                "who opens this name is the daemon, and what it has open is in no container's reach:"
                        + " name the process you mean by its PID");
    }

    private boolean isOurDescriptor() {
        return (rest.startsWith("/fd/") || rest.startsWith("/map_files/"))
                && Files.exists(Path.of("/proc/self/task/" + process));
    }

    private Fd open(Set<TreeFlag> flags, RootfsPolicy policy) throws RootfsException {
        try (Fd object = openObject()) {
            Set<TreeFlag> all = EnumSet.copyOf(flags);
            all.add(TreeFlag.EMPTY_PATH);
            try {
                return Mounts.openTree(object, "", all);
            } catch (ErrnoException e) {
                Lie lie = e.errno() == Errno.EINVAL ? locate(object) : Lie.HERE;
                if (lie == Lie.THERE && policy.foreignMounts()) {
                    return cloneThere(object, all);
                }
                throw new RootfsException(entry.describe(), e, explain(lie, object));
            }
        } catch (RootfsException e) {
            throw e;
        } catch (IOException e) {
            throw new RootfsException(entry.describe(), e);
        }
    }

    /** What a process sees below its root is found as it would find it: a link there leads to its files, not to the host's. */
    private Fd openObject() throws RootfsException {
        try {
            if (!rest.startsWith(ROOT)) {
                return Openat.open(Fd.CWD, "/proc/" + process + rest, HANDLE, 0);
            }
            try (Fd root = Openat.open(Fd.CWD, "/proc/" + process + "/root", HANDLE, 0)) {
                return Openat.open(root, rest.substring(ROOT.length()), HANDLE, 0, AS_THE_PROCESS);
            }
        } catch (ErrnoException e) {
            throw new RootfsException(entry.describe(), e, explain(e.errno()));
        }
    }

    /**
     * Copies the mount on a thread that is where the mount is, as the kernel demands. Nothing is looked up there: the object is held. From there
     * on the copy is like any other.
     */
    private Fd cloneThere(Fd object, Set<TreeFlag> flags) throws RootfsException {
        try {
            return JobThread.call("mount namespace of process " + process, () -> {
                Namespaces.unshareFileSystem();
                try (Fd namespace = Namespaces.openOf(process, Kind.MOUNT)) {
                    Namespaces.join(namespace, Kind.MOUNT);
                }
                return Mounts.openTree(object, "", flags);
            });
        } catch (IOException e) {
            throw new RootfsException(entry.describe(), e, "in the mount namespace of " + processInWords());
        }
    }

    /** Where the mount is that something lies on. */
    private enum Lie {
        /** In our mount namespace, that of the host. */
        HERE,
        /** In that of the process. */
        THERE,
        /** In neither. */
        NOWHERE
    }

    private Lie locate(Fd object) throws IOException {
        long id = Stat.of(object).mountId();
        if (MountInfo.of("thread-self").stream().anyMatch(mount -> mount.id() == id)) {
            return Lie.HERE;
        }
        boolean there = MountInfo.of(Integer.toString(process)).stream().anyMatch(mount -> mount.id() == id);
        return there ? Lie.THERE : Lie.NOWHERE;
    }

    private String explain(Lie lie, Fd object) throws IOException {
        return switch (lie) {
            case HERE -> "the mount it lies on must not be copied: it is unbindable (mount_namespaces(7))";
            case THERE ->
                "it lies on a mount of the mount namespace of " + processInWords()
                        + ", and the kernel copies a mount for nobody outside of its mount namespace;"
                        + " with --foreign-mounts the daemon goes there for it";
            case NOWHERE -> explainNowhere(object);
        };
    }

    private static String explainNowhere(Fd object) throws IOException {
        String name = pathOf(object);
        // The kernel's internal file systems name their files so; /memfd:, /dmabuf: and SysV's shared memory look like
        // paths.
        boolean internal = name.matches("[a-z_]+:.*|/(memfd|dmabuf):.*|/(SYSV|secretmem|anon_hugepage|dev/zero).*");
        return internal
                ? "it is " + name
                        + ", which lies on no mount: sockets, pipes, memfds and anonymous inodes (inotify, eventfd) live in file systems of the"
                        + " kernel that are mounted nowhere; name a file, directory or device that has a path"
                : "it is " + name
                        + " on a mount that was taken away meanwhile (umount --lazy), or of a third mount namespace";
    }

    private String explain(Errno errno) {
        return switch (errno) {
            case ENOENT -> explainMissing();
            case EACCES, EPERM ->
                "the daemon may not look into " + processInWords() + " (ptrace(2), PTRACE_MODE_READ_FSCREDS)";
            case ELOOP -> "symbolic links in a circle, or a link below /proc that leads to no path";
            case ENOTDIR -> "a part of the path is no directory";
            default -> "";
        };
    }

    private String explainMissing() {
        if (!Files.exists(Path.of("/proc/" + process))) {
            return "there is no process " + process + "; it may have ended meanwhile";
        }
        return DESCRIPTOR.matcher(rest).matches()
                ? processInWords() + " has no such descriptor open; it may have closed it meanwhile"
                : "it does not exist as " + processInWords() + " sees it";
    }

    private String processInWords() {
        try {
            return "process " + process + " ("
                    + Files.readString(Path.of("/proc/" + process + "/comm")).strip() + ")";
        } catch (IOException e) {
            return "process " + process; // It has ended: its number is all there is to say.
        }
    }
}
