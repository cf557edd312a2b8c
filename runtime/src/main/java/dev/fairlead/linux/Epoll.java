package dev.fairlead.linux;

import java.util.Set;
import jnr.ffi.Pointer;

/**
 * An epoll(7) instance, level-triggered. Any thread may add, modify and remove; one thread at a time waits, and it alone reads what the
 * wait found.
 *
 * <p>Remove a descriptor <em>before</em> closing it: epoll watches the open file, not the number, and a file that another process also
 * holds (as a warden does) would be reported for ever, with no number left to remove it by.
 */
public final class Epoll implements AutoCloseable {
    /** EPOLL_CLOEXEC. */
    private static final int CLOEXEC = 0x80000;

    private static final int ADD = 1;
    private static final int DELETE = 2;
    private static final int MODIFY = 3;

    /** struct epoll_event is packed on x86-64, and only there. */
    private static final boolean PACKED = "amd64".equals(System.getProperty("os.arch"));

    private static final int EVENT_SIZE = PACKED ? 12 : 16;
    private static final int TOKEN_OFFSET = PACKED ? 4 : 8;

    private final Fd epoll;
    private final Pointer events;
    private final int capacity;

    private Epoll(Fd epoll, int capacity) {
        this.epoll = epoll;
        this.capacity = capacity;
        events = Memory.zeroed(capacity * EVENT_SIZE);
    }

    /**
     * Makes an instance.
     * @param capacity the most events that one {@link #await} gives; the others come with the next, in turn
     * @throws ErrnoException EMFILE, ENFILE: too many descriptors
     */
    public static Epoll open(int capacity) throws ErrnoException {
        int fd = LibC.get().epoll_create1(CLOEXEC);
        if (fd < 0) {
            throw ErrnoException.last("epoll_create1");
        }
        return new Epoll(Fd.owned(fd, "epoll"), capacity);
    }

    /**
     * Starts watching {@code fd}, borrowed until {@link #remove}.
     * @param token comes back with each event
     * @throws ErrnoException EPERM: a file that cannot be waited for, such as a regular one. EEXIST: it is watched already
     */
    public void add(Fd fd, Set<Interest> interests, long token) throws ErrnoException {
        control(ADD, "add", fd, interests, token);
    }

    /**
     * Replaces the interests of a watched descriptor.
     * @throws ErrnoException ENOENT: it is not watched
     */
    public void modify(Fd fd, Set<Interest> interests, long token) throws ErrnoException {
        control(MODIFY, "modify", fd, interests, token);
    }

    /**
     * Stops watching {@code fd}; an event found before may still be in the hands of the waiting thread.
     * @throws ErrnoException ENOENT: it is not watched
     */
    public void remove(Fd fd) throws ErrnoException {
        if (LibC.get().epoll_ctl(epoll.number(), DELETE, fd.number(), null) < 0) {
            throw ErrnoException.last("epoll_ctl remove", fd);
        }
    }

    private void control(int operation, String verb, Fd fd, Set<Interest> interests, long token) throws ErrnoException {
        Pointer event = Memory.zeroed(EVENT_SIZE);
        event.putInt(0, (int) Flag.word(interests));
        event.putLong(TOKEN_OFFSET, token);
        if (LibC.get().epoll_ctl(epoll.number(), operation, fd.number(), event) < 0) {
            throw ErrnoException.last("epoll_ctl " + verb, fd, interests);
        }
    }

    /**
     * Waits until something is ready.
     * @param timeoutMillis 0: does not wait. -1: without a limit
     * @return how many events there are; 0 after the time, and after a signal
     */
    public int await(int timeoutMillis) throws ErrnoException {
        int found = LibC.get().epoll_wait(epoll.number(), events, capacity, timeoutMillis);
        if (found >= 0) {
            return found;
        }
        if (LibC.errno() == Errno.EINTR) {
            return 0;
        }
        throw ErrnoException.last("epoll_wait");
    }

    /** The token of an event of the last {@link #await}. */
    public long token(int index) {
        return events.getLong((long) index * EVENT_SIZE + TOKEN_OFFSET);
    }

    /** What the last {@link #await} found. */
    public Set<Readiness> ready(int index) {
        return Readiness.of(events.getInt((long) index * EVENT_SIZE));
    }

    @Override
    public void close() {
        epoll.close();
    }
}
