package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Puts a container's root over that of its mount namespace, for init to chroot into: libcontainer's msMoveRoot, for hosts whose root is a
 * ramfs, which pivot_root(2) cannot put away.
 *
 * <p>The host's mounts stay in the namespace then, below the root. A process with CAP_SYS_ADMIN may mount a procfs or sysfs of its own as long
 * as a <em>full</em> one is there, with nothing mounted over parts of it (mount_too_revealing() in fs/namespace.c): the masks of the container's
 * own would be in vain. So the full ones of the host go, or are covered.
 */
final class RootMove {
    private static final Set<String> FULL_TYPES = Set.of("proc", "sysfs");
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);

    private RootMove() {}

    /**
     * Moves it.
     * @param root attached at {@code attachPoint} in this thread's mount namespace, none of whose mounts is shared with the host's
     */
    static void toTheTop(Fd root, Path attachPoint) throws IOException {
        for (MountInfo mount : MountInfo.of("thread-self")) {
            boolean full = mount.root().equals("/") && FULL_TYPES.contains(mount.type());
            if (full && !Path.of(mount.mountPoint()).startsWith(attachPoint)) {
                takeAway(mount.mountPoint());
            }
        }
        try (Fd top = Openat.open(Fd.CWD, "/", DIRECTORY, 0)) {
            Mounts.attach(root, top);
        }
    }

    private static void takeAway(String mountPoint) throws IOException {
        try {
            Mounts.unmount(mountPoint, EnumSet.of(UnmountFlag.DETACH, UnmountFlag.NOFOLLOW));
        } catch (ErrnoException e) {
            switch (e.errno()) {
                case ENOENT -> {} // It went with the mount that it was mounted on.
                // Locked, in a user namespace; or gone in the same way, and there is a directory of that name below.
                case EINVAL, EPERM -> cover(mountPoint);
                default -> throw e;
            }
        }
    }

    private static void cover(String mountPoint) throws IOException {
        try (Fd place = Openat.open(Fd.CWD, mountPoint, DIRECTORY, 0)) {
            long magic = Stat.fileSystem(place).magic();
            if (magic != Stat.PROC_SUPER_MAGIC && magic != Stat.SYSFS_MAGIC) {
                return;
            }
            try (Fd nothing = NewFileSystem.mount("tmpfs", "tmpfs", List.of(), Set.of(Attribute.RDONLY))) {
                Mounts.attach(nothing, place);
            }
        }
    }
}
