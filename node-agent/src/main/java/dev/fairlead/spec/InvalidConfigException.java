package dev.fairlead.spec;

import java.io.IOException;

/** A request that cannot be carried out as it stands. The message names the field and says what to do. CRI: INVALID_ARGUMENT. */
public final class InvalidConfigException extends IOException {
    private static final long serialVersionUID = 1L;

    public InvalidConfigException(String message) {
        super(message);
    }

    public InvalidConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
