package dev.fairlead.linux;

/** Signals to processes by number: kill(2). Where a pidfd is at hand, prefer it: a number may be another process's by now. */
public final class Signals {
    /** Ends a process, whatever it wants. */
    public static final int KILL = 9;

    private Signals() {}

    /**
     * Sends {@code signal} to one process.
     * @param process above 0: 0 and below mean groups of processes to kill(2)
     * @throws ErrnoException ESRCH: no such process. EPERM: not ours to signal
     */
    public static void send(int process, int signal) throws ErrnoException {
        if (process <= 0) {
            throw new IllegalArgumentException("process " + process);
        }
        if (LibC.get().kill(process, signal) < 0) {
            throw ErrnoException.last("kill", process, signal);
        }
    }

    /**
     * Sends {@code signal} to all processes of a group.
     * @param leader a child of ours that was not reaped yet: until then its number cannot be another group's
     * @throws ErrnoException ESRCH: nobody is left in it
     */
    public static void sendToGroup(int leader, int signal) throws ErrnoException {
        if (leader <= 1) {
            throw new IllegalArgumentException("process group " + leader); // -1 would be everybody
        }
        if (LibC.get().kill(-leader, signal) < 0) {
            throw ErrnoException.last("kill, process group", leader, signal);
        }
    }
}
