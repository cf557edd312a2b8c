package dev.fairlead.lxcfs;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Does what may hang in the kernel on a thread of its own, one thing after the other. A file system in user space that does not answer holds
 * whoever asks it, and no signal but SIGKILL ends that: so it is one thread that is held, whatever is asked meanwhile.
 */
public final class TimeLimit implements AutoCloseable {
    private final Duration limit;
    private final ExecutorService thread;
    private volatile Optional<CompletableFuture<?>> hanging = Optional.empty();

    /** Bounds each job to {@code limit}; the thread begins with the first. */
    public TimeLimit(String name, Duration limit) {
        this.limit = limit;
        this.thread = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(name).daemon().factory());
    }

    /** A job took too long, or an earlier one still does. */
    public static final class Exceeded extends IOException {
        private static final long serialVersionUID = 1L;

        Exceeded(String message) {
            super(message);
        }
    }

    /**
     * Does a job and waits for it.
     * @param unwanted is given what the job made after nobody waited any more
     * @throws Exceeded it is not done in time; as long as it goes on, later calls fail at once
     */
    public <T> T call(Callable<T> job, Consumer<T> unwanted) throws IOException, InterruptedException {
        if (hanging.filter(earlier -> !earlier.isDone()).isPresent()) {
            throw new Exceeded("it does not answer");
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        thread.execute(() -> {
            try {
                result.complete(job.call());
            } catch (Exception | Error e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            hanging = Optional.of(result);
            var _ = result.thenAccept(unwanted);
            throw new Exceeded("it has not answered within " + limit.toSeconds() + " s");
        } catch (InterruptedException e) {
            var _ = result.thenAccept(unwanted);
            throw e;
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> io;
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                case null, default -> new IOException(e.getCause());
            };
        }
    }

    /** Ends the thread; one that hangs ends with its job. */
    @Override
    public void close() {
        var _ = thread.shutdownNow();
    }
}
