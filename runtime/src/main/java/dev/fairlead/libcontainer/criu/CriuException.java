package dev.fairlead.libcontainer.criu;

import java.io.IOException;
import java.nio.file.Path;

/** CRIU could not do it: what it said, and where the rest of it is. */
public class CriuException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what failed, why, and what to do. */
    public CriuException(String message) {
        super(message);
    }

    /** The same, after the log was moved. */
    public CriuException withLog(Path from, Path to) {
        String message = String.valueOf(getMessage()).replace(from.toString(), to.toString());
        CriuException moved = this instanceof TimedOut ? new TimedOut(message) : new CriuException(message);
        moved.addSuppressed(this);
        return moved;
    }

    /** It took longer than it was given, and was ended; the container goes on. */
    public static final class TimedOut extends CriuException {
        private static final long serialVersionUID = 1L;

        TimedOut(String message) {
            super(message);
        }
    }
}
