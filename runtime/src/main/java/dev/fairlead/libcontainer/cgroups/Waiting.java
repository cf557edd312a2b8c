package dev.fairlead.libcontainer.cgroups;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for what cgroupfs gives no event for, with a bound. */
final class Waiting {
    private static final Duration SHORTEST = Duration.ofNanos(200_000);
    private static final Duration LONGEST = Duration.ofMillis(20);

    private Waiting() {}

    /** What is waited for. */
    interface Condition {
        boolean holds() throws CgroupException;
    }

    /** Asks until the condition holds, at growing intervals of 0.2 to 20 ms; false when {@code limit} is over. */
    static boolean until(Duration limit, Condition condition) throws CgroupException {
        long end = System.nanoTime() + limit.toNanos();
        Duration interval = SHORTEST;
        while (!condition.holds()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            pause(interval);
            interval = interval.multipliedBy(2);
            if (interval.compareTo(LONGEST) > 0) {
                interval = LONGEST;
            }
        }
        return true;
    }

    static void pause(Duration duration) {
        LockSupport.parkNanos(duration.toNanos());
    }
}
