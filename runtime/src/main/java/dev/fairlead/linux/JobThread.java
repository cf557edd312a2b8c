package dev.fairlead.linux;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * One job on a platform thread of its own that ends with it. For everything that belongs to an OS thread, such as its namespaces: a
 * pooled or virtual thread would carry them into somebody else's work.
 *
 * <p>A thread hands its namespaces, working directory and umask on to every thread that it starts (clone(2)), and whoever wakes a virtual
 * thread may have to start a carrier for it. So a job's thread wakes none: {@link JobEnds} does. Nor may a job start threads, give work to an
 * executor, or hold a lock for which virtual threads queue.
 */
public final class JobThread {
    private JobThread() {}

    /**
     * Runs {@code job} and waits until it has ended, also when the caller is interrupted meanwhile: what the job holds has then been
     * handed over or closed. The interruption is kept.
     *
     * @param name of the thread
     * @throws IOException what the job threw
     */
    public static <T> T call(String name, Callable<T> job) throws IOException {
        FutureTask<T> result = new FutureTask<>(job);
        if (Thread.currentThread().isVirtual()) {
            JobEnds.ready();
            CompletableFuture<?> end = new CompletableFuture<>();
            start(name, () -> {
                result.run();
                JobEnds.announce(end);
            });
            return wait(end, result);
        }
        start(name, result);
        return wait(result, result);
    }

    private static void start(String name, Runnable job) {
        Thread.ofPlatform().name(name).daemon().start(job);
    }

    private static <T> T wait(Future<?> end, FutureTask<T> result) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    end.get();
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static IOException unwrapped(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException io -> io;
            case RuntimeException unchecked -> throw unchecked;
            case Error error -> throw error;
            case null, default -> new IOException(e.getCause());
        };
    }
}
