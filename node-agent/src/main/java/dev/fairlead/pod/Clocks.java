package dev.fairlead.pod;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Time as CRI tells it. */
final class Clocks {
    private Clocks() {}

    /** Nanoseconds since the epoch. */
    static long now() {
        return nanos(Instant.now());
    }

    /** Nanoseconds from the epoch to {@code time}. */
    static long nanos(Instant time) {
        return ChronoUnit.NANOS.between(Instant.EPOCH, time);
    }

    /** The time of {@code nanos} since the epoch; {@link Instant#MIN}, as "never", of 0. */
    static Instant instant(long nanos) {
        return nanos == 0 ? Instant.MIN : Instant.EPOCH.plusNanos(nanos);
    }
}
