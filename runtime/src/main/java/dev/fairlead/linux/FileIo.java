package dev.fairlead.linux;

import java.time.Instant;
import jnr.ffi.Pointer;

/** Contents and attributes of files that are open for writing: write(2), ftruncate(2), fsync(2), syncfs(2), fchmod(2), futimens(3). */
public final class FileIo {
    /** What sendfile(2) takes at once. */
    private static final long MAX_COPY = 0x7ffff000;

    private FileIo() {}

    /** Writes {@code length} bytes from the start of {@code buffer}, all of them. */
    public static void write(Fd fd, IoBuffer buffer, int length) throws ErrnoException {
        Pointer memory = buffer.forCall(length);
        int done = 0;
        while (done < length) {
            long written = LibC.get().write(fd.number(), memory.slice(done), length - done);
            if (written >= 0) {
                done += (int) written;
            } else if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("write", fd.name());
            }
        }
    }

    /** Appends all that follows in {@code from} to {@code to}, inside the kernel. */
    public static void copy(Fd from, Fd to) throws ErrnoException {
        while (true) {
            long count = LibC.get().sendfile(to.number(), from.number(), null, MAX_COPY);
            if (count < 0) {
                throw ErrnoException.last("sendfile", from.name(), "to", to.name());
            }
            if (count == 0) {
                return;
            }
        }
    }

    /** Moves on by {@code bytes} without writing: a hole, which reads as zeros once something follows it, or {@link #truncate}. */
    public static void skip(Fd fd, long bytes) throws ErrnoException {
        if (LibC.get().lseek(fd.number(), bytes, 1) < 0) {
            throw ErrnoException.last("lseek", fd.name(), bytes);
        }
    }

    /** Moves to an offset from the start. */
    public static void seek(Fd fd, long offset) throws ErrnoException {
        if (LibC.get().lseek(fd.number(), offset, 0) < 0) {
            throw ErrnoException.last("lseek", fd.name(), offset);
        }
    }

    /** Sets the size. */
    public static void truncate(Fd fd, long size) throws ErrnoException {
        if (LibC.get().ftruncate(fd.number(), size) < 0) {
            throw ErrnoException.last("ftruncate", fd.name(), size);
        }
    }

    /** Brings a file, or the names in a directory, to the disk. */
    public static void sync(Fd fd) throws ErrnoException {
        if (LibC.get().fsync(fd.number()) < 0) {
            throw ErrnoException.last("fsync", fd.name());
        }
    }

    /** Brings all of the file system that {@code fd} lies on to the disk, other programs' writes included. */
    public static void syncFileSystem(Fd fd) throws ErrnoException {
        if (LibC.get().syncfs(fd.number()) < 0) {
            throw ErrnoException.last("syncfs", fd.name());
        }
    }

    /** Sets the permission bits of an open file (not O_PATH). */
    public static void setMode(Fd fd, int mode) throws ErrnoException {
        if (LibC.get().fchmod(fd.number(), mode) < 0) {
            throw ErrnoException.last("fchmod", fd.name(), "0" + Integer.toOctalString(mode));
        }
    }

    /** Sets the times of an open file (not O_PATH). */
    public static void setTimes(Fd fd, Instant accessed, Instant modified) throws ErrnoException {
        Pointer times = Memory.zeroed(32);
        times.putLong(0, accessed.getEpochSecond());
        times.putLong(8, accessed.getNano());
        times.putLong(16, modified.getEpochSecond());
        times.putLong(24, modified.getNano());
        if (LibC.get().futimens(fd.number(), times) < 0) {
            throw ErrnoException.last("futimens", fd.name());
        }
    }
}
