package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MountTableWatchTest {
    @Test
    void aWakeEndsAWaitWithoutLimit() throws Exception {
        try (MountTableWatch watch = MountTableWatch.open()) {
            CompletableFuture<Void> waiting = new CompletableFuture<>();
            Thread thread = Thread.ofPlatform().daemon().start(() -> {
                try {
                    watch.await(Optional.empty());
                    waiting.complete(null);
                } catch (ErrnoException e) {
                    waiting.completeExceptionally(e);
                }
            });
            watch.wake();
            waiting.get(10, TimeUnit.SECONDS);
            thread.join();
        }
    }

    @Test
    void aWakeIsSpentByTheWaitThatItEnds() throws Exception {
        try (MountTableWatch watch = MountTableWatch.open()) {
            watch.wake();
            long start = System.nanoTime();
            watch.await(Optional.of(Duration.ofSeconds(10)));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
    }
}
