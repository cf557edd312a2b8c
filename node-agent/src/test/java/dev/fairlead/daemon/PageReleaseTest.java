package dev.fairlead.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageReleaseTest {
    @ParameterizedTest
    @CsvSource({
        "1000, 1000, 1010, false", // idle since
        "1000, 1000, 3000, false", // in the middle of a burst
        "1000, 3000, 3050, true", // after it
        "3050, 3050, 3100, false", // given back already
        "1000, 1450, 1510, true", // many small things
    })
    void pagesAreGivenBackOnceAfterABurst(long released, long before, long now, boolean due) {
        assertThat(PageRelease.isDue(Duration.ofMillis(released), Duration.ofMillis(before), Duration.ofMillis(now)))
                .isEqualTo(due);
    }
}
