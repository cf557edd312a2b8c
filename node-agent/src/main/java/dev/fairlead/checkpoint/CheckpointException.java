package dev.fairlead.checkpoint;

import java.io.IOException;

/** What should be a checkpoint is none, or a broken one. */
public final class CheckpointException extends IOException {
    private static final long serialVersionUID = 1L;

    CheckpointException(String message) {
        super(message);
    }
}
