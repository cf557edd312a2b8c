package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackOffTest {
    private static final Duration CRASH = Duration.ofSeconds(1);

    @Test
    void waitsTwiceAsLongEachTimeUpToFiveMinutes() {
        BackOff backOff = new BackOff();
        for (int seconds : new int[] {0, 10, 20, 40, 80, 160, 300, 300}) {
            assertThat(backOff.after(CRASH)).isEqualTo(Duration.ofSeconds(seconds));
        }
    }

    @Test
    void forgivesAfterALongRun() {
        BackOff backOff = new BackOff();
        var _ = backOff.after(CRASH);
        var _ = backOff.after(CRASH);
        assertThat(backOff.after(Duration.ofMinutes(10))).isZero();
        assertThat(backOff.after(CRASH)).isEqualTo(Duration.ofSeconds(10));
    }
}
