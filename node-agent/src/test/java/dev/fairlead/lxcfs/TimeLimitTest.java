package dev.fairlead.lxcfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TimeLimitTest {
    private final CountDownLatch answer = new CountDownLatch(1);

    @Test
    void whatHangsHoldsOneThreadAndNobodyElse() throws Exception {
        CompletableFuture<String> unwanted = new CompletableFuture<>();
        try (TimeLimit limit = new TimeLimit("test", Duration.ofMillis(200))) {
            assertThatThrownBy(() -> limit.call(this::hang, unwanted::complete)).isInstanceOf(TimeLimit.Exceeded.class);
            assertThatThrownBy(() -> limit.call(() -> "other", _ -> {}))
                    .as("at once, as the thread is still held")
                    .isInstanceOf(TimeLimit.Exceeded.class);
            answer.countDown();
            assertThat(unwanted.get(10, TimeUnit.SECONDS))
                    .as("what came too late is given back")
                    .isEqualTo("late");
            assertThat(limit.call(() -> "again", _ -> {})).isEqualTo("again");
        }
    }

    private String hang() throws InterruptedException {
        answer.await();
        return "late";
    }

    @Test
    void failuresComeOutAsTheyAre() {
        try (TimeLimit limit = new TimeLimit("test", Duration.ofSeconds(10))) {
            assertThatThrownBy(() -> limit.call(
                            () -> {
                                throw new IOException("no such thing");
                            },
                            _ -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessage("no such thing");
        }
    }
}
