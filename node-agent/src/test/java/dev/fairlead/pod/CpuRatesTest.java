package dev.fairlead.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class CpuRatesTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final CpuRates rates = new CpuRates();

    @Test
    void theFirstLookGoesByTheBeginningWhereThatIsKnown() {
        assertThat(rates.note("known", START.plusSeconds(10), 5_000_000_000L, START))
                .hasValue(500_000_000L);
        assertThat(rates.note("unknown", START.plusSeconds(10), 5_000_000_000L, Instant.MIN))
                .isEmpty();
    }

    @Test
    void theNextGoesByTheOneBefore() {
        rates.note("c", START, 1_000_000_000L, Instant.MIN);
        assertThat(rates.note("c", START.plusSeconds(4), 3_000_000_000L, Instant.MIN))
                .hasValue(500_000_000L);
        assertThat(rates.note("c", START.plusMillis(4050), 3_100_000_000L, Instant.MIN))
                .as("too soon after: the rate of before")
                .hasValue(500_000_000L);
        assertThat(rates.note("c", START.plusSeconds(6), 3_200_000_000L, Instant.MIN))
                .as("from the look before that one")
                .hasValue(100_000_000L);
    }

    @Test
    void aCounterThatBeganAgainIsNoNegativeRate() {
        rates.note("c", START, 9_000_000_000L, Instant.MIN);
        assertThat(rates.note("c", START.plusSeconds(1), 1_000L, Instant.MIN)).hasValue(0);
        assertThat(rates.note("c", START.plusSeconds(1), 1_000L, Instant.MIN))
                .as("no time has passed")
                .hasValue(0);
    }

    @Test
    void whatIsForgottenBeginsAnew() {
        rates.note("c", START, 1_000_000_000L, Instant.MIN);
        rates.forget("c");
        assertThat(rates.note("c", START.plusSeconds(1), 2_000_000_000L, Instant.MIN))
                .isEmpty();
    }
}
