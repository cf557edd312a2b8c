package dev.fairlead.linux;

import dev.fairlead.linux.Openat.OpenFlag;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;

/** Waits for changes of the mount table: the kernel marks /proc/self/mountinfo with POLLPRI at each (proc_pid_mounts(5)). */
public final class MountTableWatch implements AutoCloseable {
    private static final int SOURCES = 2;
    private static final long TABLE = 1;
    private static final long WAKE_UP = 2;

    private final Epoll epoll;
    private final Fd table;
    private final EventFd wakeUp;

    private MountTableWatch(Epoll epoll, Fd table, EventFd wakeUp) {
        this.epoll = epoll;
        this.table = table;
        this.wakeUp = wakeUp;
    }

    /** Watches the mount namespace of this thread from now on. */
    public static MountTableWatch open() throws ErrnoException {
        Epoll epoll = Epoll.open(SOURCES);
        try {
            Fd table = Openat.open(Fd.CWD, "/proc/thread-self/mountinfo", EnumSet.of(OpenFlag.RDONLY), 0);
            try {
                return watch(epoll, table, EventFd.open());
            } catch (ErrnoException e) {
                table.close();
                throw e;
            }
        } catch (ErrnoException e) {
            epoll.close();
            throw e;
        }
    }

    private static MountTableWatch watch(Epoll epoll, Fd table, EventFd wakeUp) throws ErrnoException {
        try {
            epoll.add(table, EnumSet.of(Interest.PRIORITY), TABLE);
            epoll.add(wakeUp.fd(), EnumSet.of(Interest.READ), WAKE_UP);
            return new MountTableWatch(epoll, table, wakeUp);
        } catch (ErrnoException e) {
            wakeUp.close();
            throw e;
        }
    }

    /**
     * Waits for a change, a {@link #wake}, or the end of the time; one thread at a time may.
     * @param limit empty: none
     */
    public void await(Optional<Duration> limit) throws ErrnoException {
        int found = epoll.await(limit.map(time -> (int) time.toMillis()).orElse(-1));
        for (int i = 0; i < found; i++) {
            if (epoll.token(i) == WAKE_UP) {
                wakeUp.drain();
            }
        }
    }

    /** Whether there was a change since the look before; does not wait, and is not for a watch that another thread waits at. */
    public boolean hasChanged() throws ErrnoException {
        return epoll.await(0) > 0;
    }

    /** Ends the wait of {@link #await}, or the next one; any thread may. */
    public void wake() throws ErrnoException {
        wakeUp.signal();
    }

    @Override
    public void close() {
        epoll.close();
        wakeUp.close();
        table.close();
    }
}
