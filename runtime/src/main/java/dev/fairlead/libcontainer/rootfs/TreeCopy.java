package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Directories;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Copies a directory with owners, modes, times, extended attributes, links of both kinds and devices: what {@code tmpcopyup} puts into a
 * tmpfs. Nothing of the container runs yet, and no link is followed.
 */
final class TreeCopy {
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> SOURCE = EnumSet.of(OpenFlag.RDONLY, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> COPY =
            EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT, OpenFlag.EXCL, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> ITSELF = EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW);
    /** Each level holds two descriptors. */
    private static final int MAX_DEPTH = 100;

    private final Fd root;
    private final Fd descriptors;
    /** Where a file with several names was first met, below the root. */
    private final Map<Long, String> firstNames = new HashMap<>();

    private TreeCopy(Fd root, Fd descriptors) {
        this.root = root;
        this.descriptors = descriptors;
    }

    /**
     * Copies what is in {@code from}, and its owner and times.
     *
     * @param from a directory, O_PATH suffices
     * @param to a directory that is empty
     * @param descriptors /proc/thread-self/fd
     */
    static void copy(Fd from, Fd to, Fd descriptors) throws IOException {
        try (Fd source = Openat.open(from, ".", DIRECTORY, 0);
                Fd target = Openat.open(to, ".", DIRECTORY, 0)) {
            new TreeCopy(target, descriptors).copyEntries(source, target, "", 0);
            Stat.Status status = Stat.of(source);
            copyXattrs(source, target);
            Openat.chown(target, status.uid(), status.gid());
            Openat.setTimes(target, ".", status.accessed(), status.modified());
        }
    }

    private void copyEntries(Fd from, Fd to, String path, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw new IOException(path + " is nested more than " + MAX_DEPTH + " directories deep");
        }
        for (String name : Directories.list(from)) {
            Stat.Status status = Stat.ofName(from, name);
            String here = path + name;
            switch (status.type()) {
                case DIRECTORY -> copyDirectory(from, to, name, here, depth, status);
                case REGULAR -> copyFile(from, to, name, here, status);
                case SYMBOLIC_LINK -> Openat.makeLink(Openat.readLink(from, name), to, name);
                case CHARACTER_DEVICE, BLOCK_DEVICE, FIFO ->
                    Openat.makeNode(to, name, status.type(), status.mode(), status.target());
                // Whoever listened is gone.
                case SOCKET, OTHER -> {
                    continue;
                }
            }
            finish(to, name, status);
        }
    }

    private void copyDirectory(Fd from, Fd to, String name, String here, int depth, Stat.Status status)
            throws IOException {
        Openat.makeDirectory(to, name, status.mode());
        try (Fd source = Openat.open(from, name, DIRECTORY, 0);
                Fd target = Openat.open(to, name, DIRECTORY, 0)) {
            copyEntries(source, target, here + "/", depth + 1);
            copyXattrs(source, target);
        }
    }

    private void copyFile(Fd from, Fd to, String name, String here, Stat.Status status) throws IOException {
        if (status.links() > 1) {
            String first = firstNames.putIfAbsent(status.inode(), here);
            if (first != null) {
                Openat.makeHardLink(root, first, to, name);
                return;
            }
        }
        try (Fd source = Openat.open(from, name, SOURCE, 0);
                Fd target = Openat.open(to, name, COPY, status.mode())) {
            FileIo.copy(source, target);
            copyXattrs(source, target);
        }
    }

    private static void copyXattrs(Fd from, Fd to) throws IOException {
        for (String name : Xattrs.list(from)) {
            try {
                Xattrs.set(to, name, Xattrs.get(from, name));
            } catch (ErrnoException e) {
                // tmpfs has user.* since Linux 6.6; overlayfs shows its own trusted.* to nobody.
                if (e.errno() != Errno.ENOTSUP) {
                    throw e;
                }
            }
        }
    }

    /** Owner before mode: a change of owner takes set-uid away. Times last. */
    private void finish(Fd to, String name, Stat.Status status) throws IOException {
        try (Fd copy = Openat.open(to, name, ITSELF, 0)) {
            Openat.chown(copy, status.uid(), status.gid());
            if (status.type() != FileType.SYMBOLIC_LINK) {
                Openat.chmod(copy, status.mode(), descriptors);
            }
        }
        Openat.setTimes(to, name, status.accessed(), status.modified());
    }
}
