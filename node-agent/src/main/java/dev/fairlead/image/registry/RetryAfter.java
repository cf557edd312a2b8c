package dev.fairlead.image.registry;

import java.net.http.HttpHeaders;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** A Retry-After header (RFC 9110, 10.2.3): seconds, or a date. */
record RetryAfter(@Nullable Duration duration) {
    static RetryAfter of(HttpHeaders headers) {
        String value = headers.firstValue("Retry-After").orElse("").strip();
        if (value.matches("[0-9]{1,9}")) {
            return new RetryAfter(Duration.ofSeconds(Long.parseLong(value)));
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
            Duration left = Duration.between(Clock.systemUTC().instant(), date.toInstant());
            return new RetryAfter(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeException e) {
            return new RetryAfter(null);
        }
    }

    boolean isLongerThan(Duration limit) {
        return duration != null && duration.compareTo(limit) > 0;
    }

    Duration orElse(Duration other) {
        return duration == null ? other : duration;
    }

    String advice() {
        return duration == null ? "try again later" : "try again in " + duration.toSeconds() + " s";
    }

    @Nullable
    Duration toNullable() {
        return duration;
    }
}
