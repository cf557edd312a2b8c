package dev.fairlead.checkpoint;

import java.io.IOException;

/** A {@link Deadline} is over. */
public final class DeadlineException extends IOException {
    private static final long serialVersionUID = 1L;

    DeadlineException(String message) {
        super(message);
    }
}
