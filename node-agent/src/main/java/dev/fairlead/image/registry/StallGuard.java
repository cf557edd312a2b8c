package dev.fairlead.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Closes a stream that brings nothing for too long, which ends the read that waits for it: the JDK's client has no such timeout. */
final class StallGuard implements AutoCloseable {
    private final Thread watch;
    private volatile long lastProgress = System.nanoTime();

    StallGuard(InputStream stream, Duration limit) {
        watch = Thread.ofVirtual().name("stall-guard").start(() -> {
            try {
                for (long quiet = 0; quiet < limit.toNanos(); quiet = System.nanoTime() - lastProgress) {
                    Thread.sleep(Duration.ofNanos(limit.toNanos() - quiet));
                }
                stream.close();
            } catch (InterruptedException e) {
                // The transfer is over.
            } catch (IOException e) {
                // The reader gets the same, or is gone.
            }
        });
    }

    void progress() {
        lastProgress = System.nanoTime();
    }

    @Override
    public void close() {
        watch.interrupt();
    }
}
