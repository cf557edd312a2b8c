package dev.fairlead.checkpoint;

import java.time.Duration;

/** By when something has to be done; a step that takes long asks it now and then. */
public final class Deadline {
    private final Duration limit;
    private final long end;

    private Deadline(Duration limit) {
        this.limit = limit;
        this.end = System.nanoTime() + limit.toNanos();
    }

    /** From now on. */
    public static Deadline in(Duration limit) {
        return new Deadline(limit);
    }

    /** What is left of it, at least a moment. */
    public Duration left() {
        return Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
    }

    /** What there was at the start. */
    public Duration limit() {
        return limit;
    }

    /** Whether it is over. */
    public boolean isOver() {
        return System.nanoTime() - end >= 0;
    }
}
