package dev.fairlead.libcontainer.seccomp;

import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A profile that cannot be used: names the field, or the file and the field, and what would be right. */
public final class SeccompException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    SeccompException(String message) {
        super(message);
    }

    SeccompException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
