package dev.fairlead.e2e;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Waiting with an end. */
public final class Wait {
    private static final Duration PAUSE = Duration.ofMillis(10);

    private Wait() {}

    /** Asks {@code question} again and again until {@code enough} likes the answer, which is returned. */
    public static <T> T until(String what, Duration atMost, Supplier<T> question, Predicate<T> enough) {
        return until(what, atMost, question, enough, PAUSE);
    }

    /** The same with this pause between two questions, for those that cost something. */
    public static <T> T until(String what, Duration atMost, Supplier<T> question, Predicate<T> enough, Duration pause) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (true) {
            T answer = question.get();
            if (enough.test(answer)) {
                return answer;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + atMost + ": " + what + "; last seen: " + answer);
            }
            pause(pause);
        }
    }

    public static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
