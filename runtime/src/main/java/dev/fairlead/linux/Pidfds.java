package dev.fairlead.linux;

import java.time.Duration;
import java.util.OptionalInt;
import jnr.ffi.Pointer;

/** Processes as descriptors: pidfd_open(2), pidfd_getfd(2), pidfd_send_signal(2). A pid may be another process's tomorrow, a pidfd never. */
public final class Pidfds {
    private static final int PIDFD_SEND_SIGNAL = 424;
    private static final int PIDFD_OPEN = 434;
    private static final int PIDFD_GETFD = 438;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int SIGINFO_SIZE = 128;
    private static final int SIGINFO_CODE = 8;
    private static final int SIGINFO_PID = 16;
    private static final int SIGINFO_STATUS = 24;
    private static final int CLD_EXITED = 1;

    private Pidfds() {}

    /**
     * Opens the process that has this pid now; whether it is the one you mean is to be checked afterwards.
     * @throws ErrnoException ESRCH: there is none
     */
    public static Fd open(int pid) throws ErrnoException {
        long fd = LibC.get().syscall(PIDFD_OPEN, pid, 0, 0, 0, 0);
        if (fd < 0) {
            throw ErrnoException.last("pidfd_open", pid);
        }
        return Fd.owned((int) fd, "process " + pid);
    }

    /**
     * Copies a descriptor of another process; both then share the open file.
     * @return owned
     * @throws ErrnoException EBADF: it has no such descriptor. EPERM: we may not trace it. ESRCH: it has ended
     */
    public static Fd get(Fd pidfd, int number, String name) throws ErrnoException {
        long fd = LibC.get().syscall(PIDFD_GETFD, pidfd.number(), number, 0, 0, 0);
        if (fd < 0) {
            throw ErrnoException.last("pidfd_getfd", pidfd.name(), number, name);
        }
        return Fd.owned((int) fd, name);
    }

    /**
     * Sends a signal.
     * @param signal as in signal(7); 0 only asks
     * @throws ErrnoException ESRCH: it has ended
     */
    public static void signal(Fd pidfd, int signal) throws ErrnoException {
        if (LibC.get().syscall(PIDFD_SEND_SIGNAL, pidfd.number(), signal, 0, 0, 0) < 0) {
            throw ErrnoException.last("pidfd_send_signal", pidfd.name(), signal);
        }
    }

    /** Waits until the process has ended, at most {@code limit}; returns whether it has. It need not be a child of ours. */
    public static boolean awaitEnd(Fd pidfd, Duration limit) throws ErrnoException {
        Pointer descriptor = Memory.zeroed(8);
        descriptor.putInt(0, pidfd.number());
        descriptor.putShort(4, (short) 1); // POLLIN
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            long left = Math.max(0, end - System.nanoTime());
            int ready = LibC.get().poll(descriptor, 1, (int) Math.min(Integer.MAX_VALUE, (left + 999_999) / 1_000_000));
            if (ready >= 0) {
                return ready > 0;
            }
            if (LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("poll", pidfd);
            }
        }
    }

    /**
     * Takes the exit status of a child of ours that has ended, so that no zombie stays.
     * @return as a shell says it, 128 + n after signal n; empty: it has not ended, or it is not our child (then it is somebody else's to take)
     */
    public static OptionalInt reap(Fd pidfd) throws ErrnoException {
        Pointer info = Memory.zeroed(SIGINFO_SIZE);
        if (LibC.get().waitid(P_PIDFD, pidfd.number(), info, WEXITED | WNOHANG) < 0) {
            if (LibC.errno() == Errno.ECHILD) {
                return OptionalInt.empty();
            }
            throw ErrnoException.last("waitid", pidfd);
        }
        if (info.getInt(SIGINFO_PID) == 0) {
            return OptionalInt.empty(); // it has not ended
        }
        int status = info.getInt(SIGINFO_STATUS);
        return OptionalInt.of(info.getInt(SIGINFO_CODE) == CLD_EXITED ? status : 128 + status);
    }
}
