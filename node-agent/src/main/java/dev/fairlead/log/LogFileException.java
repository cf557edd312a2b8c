package dev.fairlead.log;

import java.io.IOException;

/** The log file, or the journal's carry, cannot be written now: a full disk mostly. The output waits. */
final class LogFileException extends IOException {
    private static final long serialVersionUID = 1L;

    LogFileException(String file, IOException cause) {
        super(file + ": " + cause.getMessage(), cause);
    }
}
