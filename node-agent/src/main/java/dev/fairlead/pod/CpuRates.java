package dev.fairlead.pod;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/** CPU time a second, from what had been used at the last look. */
final class CpuRates {
    /** Rates over less than this are noise: who asks again so soon gets the rate of before. */
    private static final Duration SHORTEST = Duration.ofMillis(100);

    private final Map<String, Sample> samples = new ConcurrentHashMap<>();

    /** A look at one container or pod; {@code rate} is empty at the first of those whose beginning is not known. */
    private record Sample(Instant takenAt, long usageNanos, OptionalLong rate) {}

    /**
     * Notes what {@code id} has used, and tells how much a second since the look before.
     *
     * @param begin when it had used nothing: what the first look goes by. {@link Instant#MIN} where nobody knows
     * @return in nanoseconds a second
     */
    OptionalLong note(String id, Instant takenAt, long usageNanos, Instant begin) {
        return samples.compute(id, (key, before) -> {
                    if (before == null) {
                        return new Sample(takenAt, usageNanos, rate(begin, takenAt, usageNanos));
                    }
                    return Duration.between(before.takenAt(), takenAt).compareTo(SHORTEST) < 0
                            ? before
                            : new Sample(
                                    takenAt,
                                    usageNanos,
                                    rate(before.takenAt(), takenAt, usageNanos - before.usageNanos()));
                })
                .rate();
    }

    private static OptionalLong rate(Instant from, Instant to, long usedNanos) {
        if (from.equals(Instant.MIN) || !from.isBefore(to)) {
            return OptionalLong.empty();
        }
        double seconds = Duration.between(from, to).toNanos() / 1e9;
        // The clock of a cgroup that was made anew under the same name begins at zero again.
        return OptionalLong.of(Math.max(0, Math.round(usedNanos / seconds)));
    }

    /** Nothing more will be asked of it. */
    void forget(String id) {
        samples.remove(id);
    }
}
