package dev.fairlead.kubernetes;

import java.time.Duration;

/** How long a container that ended waits for its next start: not at first, then 10 s, twice as long each time, up to 5 min. */
final class BackOff {
    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    /** A run of this length counts as healthy. */
    private static final Duration FORGIVEN = Duration.ofMinutes(10);

    private Duration next = Duration.ZERO;

    /** The wait after a run of the length {@code ran}. */
    Duration after(Duration ran) {
        if (ran.compareTo(FORGIVEN) >= 0) {
            next = Duration.ZERO;
        }
        Duration wait = next;
        Duration doubled = wait.isZero() ? FIRST : wait.multipliedBy(2);
        next = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
        return wait;
    }
}
