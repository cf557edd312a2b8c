package dev.fairlead.linux;

import jnr.ffi.Pointer;

/** A counter that one can wait for: eventfd(2), nonblocking. */
public final class EventFd implements AutoCloseable {
    /** EFD_CLOEXEC and EFD_NONBLOCK. */
    private static final int FLAGS = 0x80000 | 0x800;

    private static final int SIZE = Long.BYTES;

    private final Fd fd;
    private final Pointer one = Memory.zeroed(SIZE);
    private final Pointer value = Memory.zeroed(SIZE);

    private EventFd(Fd fd) {
        this.fd = fd;
        one.putLong(0, 1);
    }

    /** Makes a counter that stands at 0. */
    public static EventFd open() throws ErrnoException {
        int number = LibC.get().eventfd(0, FLAGS);
        if (number < 0) {
            throw ErrnoException.last("eventfd");
        }
        return new EventFd(Fd.owned(number, "eventfd"));
    }

    /** For epoll: readable while the counter is above 0. Closed with this object. */
    public Fd fd() {
        return fd;
    }

    /** Adds one; any thread may. A counter at its limit is readable already: that is no failure. */
    public void signal() throws ErrnoException {
        if (LibC.get().write(fd.number(), one, SIZE) < 0 && LibC.errno() != Errno.EAGAIN) {
            throw ErrnoException.last("write", fd);
        }
    }

    /**
     * Sets the counter back to 0; one thread at a time may.
     * @return what it stood at, 0 where nothing was signalled
     */
    public long drain() throws ErrnoException {
        if (LibC.get().read(fd.number(), value, SIZE) < 0) {
            if (LibC.errno() == Errno.EAGAIN) {
                return 0;
            }
            throw ErrnoException.last("read", fd);
        }
        return value.getLong(0);
    }

    @Override
    public void close() {
        fd.close();
    }
}
