package dev.fairlead.image.store;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads for work that computes, or sits in system calls: on virtual threads it would take the carriers away from everybody else.
 * They end when there is nothing to do.
 */
final class Workers implements AutoCloseable {
    private static final int IDLE_SECONDS = 5;

    private final ThreadPoolExecutor threads;

    /**
     * @param name of the threads
     * @param count at most
     */
    Workers(String name, int count) {
        AtomicInteger numbers = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                count,
                count,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                job -> Thread.ofPlatform()
                        .name(name + '-' + numbers.incrementAndGet())
                        .daemon()
                        .unstarted(job));
        threads.allowCoreThreadTimeOut(true);
    }

    private static final class Job<T> implements Runnable {
        private final Callable<T> body;
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private @Nullable Thread thread;
        private boolean cancelled;

        private Job(Callable<T> body) {
            this.body = body;
        }

        @Override
        public void run() {
            synchronized (this) {
                if (cancelled) {
                    result.completeExceptionally(new InterruptedException("cancelled"));
                    return;
                }
                thread = Thread.currentThread();
            }
            try {
                result.complete(body.call());
            } catch (Throwable e) { // also errors: whoever waits must learn of them
                result.completeExceptionally(e);
            } finally {
                synchronized (this) {
                    thread = null;
                    Thread.interrupted(); // what came too late for this job is not meant for the next
                }
            }
        }

        private synchronized void cancel() {
            cancelled = true;
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    /**
     * Runs {@code body} on one of the threads and waits. An interrupt is passed on to it, and waited out: when this returns, the body has
     * ended, and what it made is closed.
     */
    <T> T call(Callable<T> body) throws IOException, InterruptedException {
        Job<T> job = new Job<>(body);
        try {
            threads.execute(job);
        } catch (RejectedExecutionException e) {
            throw new IOException("the image store is closed", e);
        }
        try {
            return job.result.get();
        } catch (InterruptedException e) {
            job.cancel();
            close(job.result.handle((value, failure) -> value).join(), e);
            throw e;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case InterruptedException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new IOException(e.getCause());
            }
        }
    }

    private static void close(@Nullable Object value, Exception reason) {
        if (value instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                reason.addSuppressed(e);
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
