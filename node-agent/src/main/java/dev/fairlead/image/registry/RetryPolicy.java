package dev.fairlead.image.registry;

import java.time.Duration;

/**
 * How long a registry that fails is asked again.
 *
 * @param attempts for one request, the first one included; a blob that arrives in parts has as many without a new byte
 * @param firstDelay before the second attempt; doubled for each further one
 * @param longestDelay bounds the doubling, and what {@code Retry-After} may ask for
 */
public record RetryPolicy(int attempts, Duration firstDelay, Duration longestDelay) {
    /** Five attempts, 0.2 s to 10 s apart. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(5, Duration.ofMillis(200), Duration.ofSeconds(10));

    public RetryPolicy {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts: " + attempts + ", at least 1 is needed");
        }
    }

    /** The wait after attempt {@code attempt}, counted from 1. */
    Duration delayAfter(int attempt) {
        Duration delay = firstDelay.multipliedBy(1L << Math.min(attempt - 1, 20));
        return delay.compareTo(longestDelay) > 0 ? longestDelay : delay;
    }
}
