package dev.fairlead.linux;

import java.util.Set;
import jnr.ffi.Pointer;

/**
 * Pipes: pipe(7), and moving bytes between them without looking at them: splice(2), tee(2). Nothing here waits: where a call would have to,
 * it gives {@link #WOULD_BLOCK}.
 */
public final class Pipes {
    /** Nothing to read, or no room to write, now. */
    public static final int WOULD_BLOCK = -1;

    /** What read, splice and tee give where nothing is left and nobody can write any more. */
    public static final int END = 0;

    private static final int CLOEXEC = 0x80000;
    private static final int SET_PIPE_SIZE = 1031;
    private static final int GET_PIPE_SIZE = 1032;
    private static final int GET_STATUS_FLAGS = 3;
    private static final int SET_STATUS_FLAGS = 4;
    private static final int O_NONBLOCK = 0x800;
    private static final int FIONREAD = 0x541B;
    private static final int SPLICE_MOVE_NONBLOCK = 0x1 | 0x2;

    private Pipes() {}

    /** How a pipe is made: both ends alike. */
    public enum PipeFlag implements Flag {
        /** read(2) and write(2) of our own ends never wait; whoever inherits an end shares this. */
        NONBLOCK(O_NONBLOCK);

        private final int bit;

        PipeFlag(int bit) {
            this.bit = bit;
        }

        @Override
        public long bits() {
            return bit;
        }
    }

    /** The two ends, each close-on-exec. */
    public record Pipe(Fd readEnd, Fd writeEnd) implements AutoCloseable {
        @Override
        public void close() {
            readEnd.close();
            writeEnd.close();
        }
    }

    /**
     * Makes a pipe of the default size, 16 pages.
     * @param name for messages
     */
    public static Pipe open(String name, Set<PipeFlag> flags) throws ErrnoException {
        Pointer ends = Memory.zeroed(2 * Integer.BYTES);
        if (LibC.get().pipe2(ends, (int) Flag.word(flags) | CLOEXEC) < 0) {
            throw ErrnoException.last("pipe2", name, flags);
        }
        return new Pipe(
                Fd.owned(ends.getInt(0), name + " (read end)"),
                Fd.owned(ends.getInt(Integer.BYTES), name + " (write end)"));
    }

    /** How many bytes the pipe has room for, in whole pages. */
    public static int capacity(Fd pipe) throws ErrnoException {
        return fcntl(pipe, "F_GETPIPE_SZ", GET_PIPE_SIZE, 0);
    }

    /**
     * Sets the pipe's size.
     * @param bytes rounded up to a power of two pages
     * @return the size it has now
     * @throws ErrnoException EPERM: above /proc/sys/fs/pipe-max-size, without CAP_SYS_RESOURCE. EBUSY: more than that is in it
     */
    public static int resize(Fd pipe, int bytes) throws ErrnoException {
        return fcntl(pipe, "F_SETPIPE_SZ", SET_PIPE_SIZE, bytes);
    }

    /** Makes read(2) and write(2) on the open file return instead of wait: in every process that shares it. */
    public static void setNonblocking(Fd fd, boolean nonblocking) throws ErrnoException {
        int flags = fcntl(fd, "F_GETFL", GET_STATUS_FLAGS, 0);
        int wanted = nonblocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
        if (wanted != flags) {
            fcntl(fd, "F_SETFL", SET_STATUS_FLAGS, wanted);
        }
    }

    private static int fcntl(Fd fd, String command, int number, long argument) throws ErrnoException {
        int result = LibC.get().fcntl(fd.number(), number, argument);
        if (result < 0) {
            throw ErrnoException.last("fcntl", fd, command, argument);
        }
        return result;
    }

    /** How many bytes can be read at once: FIONREAD. */
    public static int unread(Fd fd) throws ErrnoException {
        Pointer count = Memory.zeroed(Integer.BYTES);
        if (LibC.get().ioctl(fd.number(), FIONREAD, count) < 0) {
            throw ErrnoException.last("ioctl", fd, "FIONREAD");
        }
        return count.getInt(0);
    }

    /**
     * Moves up to {@code max} bytes; one of the two is a pipe. What was moved is in {@code to} and no more in {@code from} even where this
     * process is killed meanwhile.
     * @return how many, {@link #END} or {@link #WOULD_BLOCK}: {@code from} has none, or {@code to} has no room
     * @throws ErrnoException EINVAL: neither is a pipe, or the file cannot be spliced
     */
    public static int splice(Fd from, Fd to, int max) throws ErrnoException {
        while (true) {
            long moved = LibC.get().splice(from.number(), null, to.number(), null, max, SPLICE_MOVE_NONBLOCK);
            if (moved >= 0 || wouldBlock()) {
                return (int) moved;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("splice", from, "->", to);
            }
        }
    }

    /**
     * Lets {@code to} have the first {@code max} bytes of {@code from} too; both are pipes, and {@code from} keeps its bytes.
     * @return how many, {@link #END} or {@link #WOULD_BLOCK}
     */
    public static int tee(Fd from, Fd to, int max) throws ErrnoException {
        while (true) {
            long copied = LibC.get().tee(from.number(), to.number(), max, SPLICE_MOVE_NONBLOCK);
            if (copied >= 0 || wouldBlock()) {
                return (int) copied;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("tee", from, "->", to);
            }
        }
    }

    /**
     * Reads up to {@code max} bytes to the start of {@code buffer}.
     * @return how many, {@link #END} or {@link #WOULD_BLOCK}
     * @throws ErrnoException EIO: the slave side of a pty is closed
     */
    public static int read(Fd fd, IoBuffer buffer, int max) throws ErrnoException {
        while (true) {
            long count = LibC.get().read(fd.number(), buffer.forCall(max), max);
            if (count >= 0 || wouldBlock()) {
                return (int) count;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("read", fd);
            }
        }
    }

    /**
     * Writes {@code length} bytes from the start of {@code buffer}, or fewer.
     * @return how many, or {@link #WOULD_BLOCK}
     * @throws ErrnoException EPIPE: nobody reads any more
     */
    public static int write(Fd fd, IoBuffer buffer, int length) throws ErrnoException {
        while (true) {
            long count = LibC.get().write(fd.number(), buffer.forCall(length), length);
            if (count >= 0 || wouldBlock()) {
                return (int) count;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("write", fd);
            }
        }
    }

    private static boolean wouldBlock() {
        return LibC.errno() == Errno.EAGAIN;
    }
}
