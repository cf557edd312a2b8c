package dev.fairlead.linux;

import java.lang.ref.Reference;
import java.util.EnumSet;
import jnr.ffi.Pointer;

/**
 * Where a file system of block groups (ext4) puts new directories: beside their parent, or in a group of their own.
 *
 * <p>ext4 looks for a free inode from the first of a directory's block group on, and past each that was deleted within the last seconds
 * (fs/ext4/ialloc.c, recently_deleted): where trees of thousands of files come and go in one group, every new file reads through the
 * remains of the last tree.
 */
public final class BlockGroups {
    private static final long FS_IOC_GETFLAGS = 0x80086601L;
    private static final long FS_IOC_SETFLAGS = 0x40086602L;
    private static final int FS_TOPDIR_FL = 0x00020000;

    private BlockGroups() {}

    /**
     * Gives each directory that will be made in this one a block group of its own, as chattr(1) does with the attribute T.
     * @return whether the file system has such a thing
     */
    public static boolean spreadChildren(String directory) throws ErrnoException {
        Pointer flags = Memory.zeroed(Integer.BYTES);
        try (Fd fd = Openat.open(Fd.CWD, directory, EnumSet.of(Openat.OpenFlag.RDONLY, Openat.OpenFlag.DIRECTORY), 0)) {
            if (LibC.get().ioctl(fd.number(), FS_IOC_GETFLAGS, flags) < 0) {
                return falseIfUnknown("FS_IOC_GETFLAGS", directory);
            }
            int before = flags.getInt(0);
            if ((before & FS_TOPDIR_FL) != 0) {
                return true;
            }
            flags.putInt(0, before | FS_TOPDIR_FL);
            return LibC.get().ioctl(fd.number(), FS_IOC_SETFLAGS, flags) >= 0
                    || falseIfUnknown("FS_IOC_SETFLAGS", directory);
        } finally {
            Reference.reachabilityFence(flags);
        }
    }

    /** No such call on this file system, or no such attribute. */
    private static boolean falseIfUnknown(String call, String directory) throws ErrnoException {
        ErrnoException failure = ErrnoException.last("ioctl " + call, directory);
        return switch (failure.errno()) {
            case ENOTTY, ENOTSUP, EINVAL, ENOSYS -> false;
            default -> throw failure;
        };
    }
}
