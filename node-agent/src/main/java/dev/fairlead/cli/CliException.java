package dev.fairlead.cli;

/** Ends a command with a message for its user and an exit code; no stack trace is shown. */
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    CliException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    CliException(String message) {
        this(ExitCodes.FAILED, message);
    }

    int exitCode() {
        return exitCode;
    }
}
