package dev.fairlead.kubernetes;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Calls that block, such as a probe, made beside one thread that owns all state: each call runs on a virtual thread, what follows from
 * its result on the owner's, inside {@link #await}. So nothing needs a lock.
 */
final class Completions {
    private final BlockingQueue<Runnable> done = new LinkedBlockingQueue<>();

    /**
     * Starts a call.
     * @param onResult gets its result
     * @param onFailure gets what it threw
     */
    <T> void start(Callable<T> call, Consumer<T> onResult, Consumer<Exception> onFailure) {
        Thread.startVirtualThread(() -> {
            try {
                T result = call.call();
                done.add(() -> onResult.accept(result));
            } catch (Exception e) {
                done.add(() -> onFailure.accept(e));
            }
        });
    }

    /** Runs {@code action} on the owner's thread, soon. The only method for other threads. */
    void post(Runnable action) {
        done.add(action);
    }

    /** Runs what is complete; waits up to {@code patience} for the first. */
    void await(Duration patience) throws InterruptedException {
        Runnable next = done.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        while (next != null) {
            next.run();
            next = done.poll();
        }
    }
}
