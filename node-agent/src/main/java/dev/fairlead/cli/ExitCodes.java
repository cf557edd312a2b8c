package dev.fairlead.cli;

/** What the commands end with, as {@link FairleadCommand}'s help tells. {@code run} and {@code exec} pass on what they ran ended with. */
final class ExitCodes {
    static final int OK = 0;
    /** The command was understood, and failed; the message says why. */
    static final int FAILED = 1;
    /** No daemon listens on the socket. */
    static final int NO_DAEMON = 3;
    /** Fairlead failed where {@code run} or {@code exec} would pass an exit code on: not to be taken for the container's. */
    static final int NOT_RUN = 125;

    private ExitCodes() {}
}
