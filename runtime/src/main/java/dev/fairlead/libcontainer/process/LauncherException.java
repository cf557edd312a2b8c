package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Errno;
import java.io.IOException;

/** A process of a container that could not be launched: operation, object, errno, and what to do. Decide by {@link #failure()}. */
public final class LauncherException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient LaunchFailure failure;

    LauncherException(LaunchFailure failure, String object) {
        super(failure.describe(object));
        this.failure = failure;
    }

    private LauncherException(LauncherException first) {
        super(first.getMessage(), first);
        this.failure = first.failure;
    }

    private LauncherException(LauncherException first, String object) {
        super(first.failure.describe(object), first);
        this.failure = first.failure;
    }

    /**
     * The same in other words.
     * @param object what it happened to, as a person knows it: a command, a container's name
     */
    public LauncherException of(String object) {
        return new LauncherException(this, object);
    }

    /** The same, with the trace of this thread. */
    LauncherException again() {
        return new LauncherException(this);
    }

    /** Step, errno and detail as the launcher told them. */
    public LaunchFailure failure() {
        return failure;
    }

    /** Why the step failed. */
    public Errno errno() {
        return failure.errno();
    }
}
