package dev.fairlead.linux;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A file descriptor of this process. Either <em>owned</em>: closed by {@link #close}, once; or <em>borrowed</em>: somebody else's, which
 * close leaves alone. Descriptors of ours are close-on-exec without exception.
 */
public final class Fd implements AutoCloseable {
    /** AT_FDCWD: names are looked up from the working directory of the calling thread. */
    public static final Fd CWD = new Fd(-100, "the working directory", false);

    private static final int F_DUPFD_CLOEXEC = 1030;

    private final int number;
    private final String name;
    private final boolean owned;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Fd(int number, String name, boolean owned) {
        this.number = number;
        this.name = name;
        this.owned = owned;
    }

    /**
     * A descriptor that the new object closes.
     * @param number at least 0
     * @param name what was opened, for messages
     */
    public static Fd owned(int number, String name) {
        return new Fd(number, name, true);
    }

    /** A descriptor that stays open when this object is closed, such as 0 to 2, or a number that another object owns. */
    public static Fd borrowed(int number, String name) {
        return new Fd(number, name, false);
    }

    /**
     * The number, for a system call.
     * @throws IllegalStateException after {@link #close}: the number may be another file's by now
     */
    public int number() {
        if (closed.get()) {
            throw new IllegalStateException("descriptor of " + name + " is used after it was closed");
        }
        return number;
    }

    /** What was opened, for messages: a path mostly. */
    public String name() {
        return name;
    }

    /**
     * Another descriptor of the same open file, dup(2): its flags, such as O_NONBLOCK, and its offset are shared.
     * @return close-on-exec, owned by the caller
     */
    public Fd duplicate() throws ErrnoException {
        int copy = LibC.get().fcntl(number(), F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            throw ErrnoException.last("fcntl", name, "F_DUPFD_CLOEXEC");
        }
        return owned(copy, name);
    }

    /** Closes an owned descriptor; a second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true) && owned) {
            // Never repeated: Linux frees the number even where close(2) fails, and another thread may hold it by then.
            LibC.get().close(number);
        }
    }

    @Override
    public String toString() {
        return name + " (fd " + number + ")";
    }
}
