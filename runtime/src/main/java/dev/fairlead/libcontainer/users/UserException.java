package dev.fairlead.libcontainer.users;

import java.io.IOException;
import java.io.Serial;

/** A user or group that the image does not have, or that cannot be one: names it, and the file that was searched. */
public final class UserException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    UserException(String message) {
        super(message);
    }
}
