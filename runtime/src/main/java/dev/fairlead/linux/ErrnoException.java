package dev.fairlead.linux;

import java.io.IOException;

/**
 * A system call that failed: the call, what it was called on and errno, as in {@code open_tree /nope [CLONE]: ENOENT (No such file or
 * directory)}. Decide by {@link #errno()}, never by the text.
 */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    public ErrnoException(String what, Errno errno) {
        super(what + ": " + errno.describe());
        this.errno = errno;
    }

    /** Of the call that failed last on this thread; to be made before another native call changes errno. */
    static ErrnoException last(String call, Object... arguments) {
        Errno errno = LibC.errno();
        StringBuilder what = new StringBuilder(call);
        for (Object argument : arguments) {
            what.append(' ').append(argument);
        }
        return new ErrnoException(what.toString(), errno);
    }

    private ErrnoException(String message, ErrnoException cause) {
        super(message, cause);
        this.errno = cause.errno;
    }

    /** The same failure with what is known about it behind: why the kernel refused, what to do. */
    public ErrnoException explained(String explanation) {
        return new ErrnoException(getMessage() + ": " + explanation, this);
    }

    public Errno errno() {
        return errno;
    }
}
