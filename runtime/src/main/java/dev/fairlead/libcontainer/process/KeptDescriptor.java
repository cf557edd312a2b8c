package dev.fairlead.libcontainer.process;

/**
 * Descriptors that the warden keeps open for the daemon, each under a number of its own, so that the unread output of a container outlives
 * the daemon. The container never has them.
 */
public enum KeptDescriptor {
    /** Where the daemon writes what the container reads; {@link Warden#closeStdin} closes the warden's. */
    STDIN_WRITE(48),
    /** The end to read of the pipe that the container writes to. */
    STDOUT_READ(49),
    /** The log pump's second pipe. */
    STDOUT_BATCH_READ(50),
    STDOUT_BATCH_WRITE(51),
    STDERR_READ(52),
    STDERR_BATCH_READ(53),
    STDERR_BATCH_WRITE(54),
    /** The pseudo-terminal's master. */
    TERMINAL(55);

    private final int number;

    KeptDescriptor(int number) {
        this.number = number;
    }

    /** The number in the warden. */
    public int number() {
        return number;
    }
}
