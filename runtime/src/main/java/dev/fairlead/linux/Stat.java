package dev.fairlead.linux;

import java.time.Instant;
import jnr.ffi.Pointer;

/** What an object is, statx(2), and what file system it lies on, fstatfs(2). */
public final class Stat {
    private static final int STATX_SIZE = 256;
    private static final int STATX_BASIC_STATS_AND_MNT_ID = 0x17ff;
    private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;
    private static final int STATFS_SIZE = 120;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;

    /** f_type of procfs. */
    public static final long PROC_SUPER_MAGIC = 0x9fa0;
    /** f_type of sysfs. */
    public static final long SYSFS_MAGIC = 0x62656572;
    /** f_type of a cgroup v2 hierarchy. */
    public static final long CGROUP2_SUPER_MAGIC = 0x63677270;
    /** f_type of namespace files. */
    public static final long NSFS_MAGIC = 0x6e736673;
    /** f_type of FUSE. */
    public static final long FUSE_SUPER_MAGIC = 0x65735546;
    /** f_type of devpts. */
    public static final long DEVPTS_SUPER_MAGIC = 0x1cd1;
    /** f_type of tmpfs. */
    public static final long TMPFS_MAGIC = 0x01021994;

    private Stat() {}

    /**
     * The answer of statx(2).
     *
     * @param mode permission bits with set-uid, set-gid and sticky
     * @param device of the file system
     * @param target what a device node leads to, 0:0 for others
     * @param mountId of the mount it was reached by
     * @param mountRoot it is the root of that mount
     */
    public record Status(
            FileType type,
            int mode,
            int uid,
            int gid,
            int links,
            long size,
            long inode,
            DeviceNumber device,
            DeviceNumber target,
            long mountId,
            boolean mountRoot,
            Instant accessed,
            Instant modified) {
        /** Whether both are the same file. */
        public boolean isSameFileAs(Status other) {
            return inode == other.inode && device.equals(other.device);
        }

        /** Whether it is that device. */
        public boolean isDevice(FileType kind, DeviceNumber number) {
            return type == kind && target.equals(number);
        }
    }

    /**
     * The answer of fstatfs(2).
     *
     * @param magic f_type, as {@link #PROC_SUPER_MAGIC}
     * @param mountFlags f_flags, ST_*
     * @param blocksFree with those that only root may take
     * @param files how many inodes it can have; 0 where it makes them as it needs them
     */
    public record FileSystem(
            long magic, long mountFlags, long blockSize, long blocks, long blocksFree, long files, long filesFree) {
        private static final long ST_RDONLY = 0x1;

        public boolean readOnly() {
            return (mountFlags & ST_RDONLY) != 0;
        }
    }

    /** Of an open object. */
    public static Status of(Fd fd) throws ErrnoException {
        return statx(fd, "", AT_EMPTY_PATH);
    }

    /** Of a name, a link itself where it is one. */
    public static Status ofName(Fd dir, String name) throws ErrnoException {
        return statx(dir, name, AT_SYMLINK_NOFOLLOW);
    }

    /** Of a path, links followed. */
    public static Status ofPath(String path) throws ErrnoException {
        return statx(Fd.CWD, path, 0);
    }

    /** Bytes that a name takes on disk, a link itself where it is one: less than the size where there are holes. */
    public static long allocated(Fd dir, String name) throws ErrnoException {
        Pointer answer = Memory.zeroed(STATX_SIZE);
        if (LibC.get().statx(dir.number(), name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS_AND_MNT_ID, answer) < 0) {
            throw ErrnoException.last("statx", name);
        }
        return answer.getLong(48) * 512;
    }

    private static Status statx(Fd dir, String path, int flags) throws ErrnoException {
        Pointer answer = Memory.zeroed(STATX_SIZE);
        if (LibC.get().statx(dir.number(), path, flags, STATX_BASIC_STATS_AND_MNT_ID, answer) < 0) {
            throw ErrnoException.last("statx", path.isEmpty() ? dir.name() : path);
        }
        int mode = answer.getShort(28) & 0xffff;
        return new Status(
                FileType.ofMode(mode),
                mode & 0xfff,
                answer.getInt(20),
                answer.getInt(24),
                answer.getInt(16),
                answer.getLong(40),
                answer.getLong(32),
                new DeviceNumber(answer.getInt(136), answer.getInt(140)),
                new DeviceNumber(answer.getInt(128), answer.getInt(132)),
                answer.getLong(144),
                (answer.getLong(8) & STATX_ATTR_MOUNT_ROOT) != 0,
                Instant.ofEpochSecond(answer.getLong(64), answer.getInt(72)),
                Instant.ofEpochSecond(answer.getLong(112), answer.getInt(120)));
    }

    /** The file system that an open object lies on. */
    public static FileSystem fileSystem(Fd fd) throws ErrnoException {
        Pointer answer = Memory.zeroed(STATFS_SIZE);
        if (LibC.get().fstatfs(fd.number(), answer) < 0) {
            throw ErrnoException.last("fstatfs", fd.name());
        }
        return new FileSystem(
                answer.getLong(0),
                answer.getLong(80),
                answer.getLong(8),
                answer.getLong(16),
                answer.getLong(24),
                answer.getLong(40),
                answer.getLong(48));
    }
}
