package dev.fairlead.pod;

import dev.fairlead.cri.v1.Mount;
import dev.fairlead.linux.Directories;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Gives volumes the SELinux context of their container's files, where the kubelet asks for it (Mount.selinux_relabel). */
final class Relabel {
    private static final String ATTRIBUTE = "security.selinux";
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY);
    private static final Set<OpenFlag> SUBDIRECTORY =
            EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH);
    private static final int MAX_DEPTH = 500;

    /** Of these the node itself lives: with another context nothing on it could read them any more. */
    private static final Set<Path> OF_THE_NODE = Set.of(
            Path.of("/"),
            Path.of("/bin"),
            Path.of("/boot"),
            Path.of("/dev"),
            Path.of("/etc"),
            Path.of("/home"),
            Path.of("/lib"),
            Path.of("/lib64"),
            Path.of("/proc"),
            Path.of("/root"),
            Path.of("/run"),
            Path.of("/sbin"),
            Path.of("/sys"),
            Path.of("/tmp"),
            Path.of("/usr"),
            Path.of("/var"));

    private Relabel() {}

    /**
     * Does so.
     * @param context empty: the container has none, and nothing is done
     * @throws InvalidConfigException a directory of the node itself
     */
    static void volumes(List<Mount> mounts, Optional<String> context) throws IOException {
        if (context.isEmpty()) {
            return;
        }
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            if (!mount.getSelinuxRelabel() || ImageVolumes.isImage(mount)) {
                continue;
            }
            Path path = Path.of(mount.getHostPath()).toRealPath();
            if (OF_THE_NODE.contains(path)) {
                throw new InvalidConfigException("mounts[" + i + "].selinux_relabel: " + path
                        + " is the node's own; mount a directory below it, or do without a new context");
            }
            tree(path, context.get());
        }
    }

    /** Of a file, or of a directory with all that is in it; links are given a context, and not followed. */
    static void tree(Path path, String context) throws IOException {
        byte[] value = (context + '\0').getBytes(StandardCharsets.UTF_8);
        set(path.toString(), value);
        try (Fd found = Openat.open(Fd.CWD, path.toString(), HANDLE, 0)) {
            if (Stat.of(found).type() != FileType.DIRECTORY) {
                return;
            }
        }
        try (Fd directory = Openat.open(Fd.CWD, path.toString(), DIRECTORY, 0)) {
            children(directory, value, MAX_DEPTH);
        }
    }

    private static void children(Fd directory, byte[] value, int depth) throws IOException {
        if (depth == 0) {
            throw new IOException(directory.name() + ": more than " + MAX_DEPTH + " directories in each other");
        }
        for (String name : Directories.list(directory)) {
            // Through the descriptor: whoever swaps a parent for a link meanwhile makes us label nothing elsewhere.
            set("/proc/self/fd/" + directory.number() + '/' + name, value);
            Optional<Fd> child;
            try {
                child = Openat.find(directory, name, SUBDIRECTORY, Set.of());
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
                    continue;
                }
                throw e;
            }
            if (child.isPresent()) {
                try (Fd inside = child.get()) {
                    children(inside, value, depth - 1);
                }
            }
        }
    }

    private static void set(String path, byte[] value) throws ErrnoException {
        try {
            Xattrs.set(path, ATTRIBUTE, value);
        } catch (ErrnoException e) {
            // ENOTSUP: a file system that has one context for all. ENOENT: removed meanwhile. EROFS: the volume is what
            // it is.
            if (e.errno() != Errno.ENOTSUP && e.errno() != Errno.ENOENT && e.errno() != Errno.EROFS) {
                throw e;
            }
        }
    }
}
