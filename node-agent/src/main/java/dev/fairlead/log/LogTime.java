package dev.fairlead.log;

import java.time.Instant;

/**
 * A line's time.
 * @param nanos 0 to 999,999,999
 */
record LogTime(long seconds, int nanos) implements Comparable<LogTime> {
    static LogTime of(Instant instant) {
        return new LogTime(instant.getEpochSecond(), instant.getNano());
    }

    LogTime plusNanos(long more) {
        long sum = nanos + more;
        return new LogTime(seconds + sum / 1_000_000_000, (int) (sum % 1_000_000_000));
    }

    @Override
    public int compareTo(LogTime other) {
        return seconds != other.seconds ? Long.compare(seconds, other.seconds) : Integer.compare(nanos, other.nanos);
    }

    Instant toInstant() {
        return Instant.ofEpochSecond(seconds, nanos);
    }
}
