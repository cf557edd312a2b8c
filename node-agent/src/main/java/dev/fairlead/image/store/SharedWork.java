package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.PullProgress;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;

/** Work that is done once for all who want it at the same time. It ends early when nobody wants it any more. */
final class SharedWork<K, V> {
    /** How long the last one to leave waits until interrupted work has cleaned up. */
    private static final Duration CLEANUP = Duration.ofSeconds(30);

    private final String name;
    private final Map<K, Running<V>> running = new HashMap<>();

    /** What is to be done. */
    interface Work<V> {
        /**
         * Does it.
         * @param progress to be told; it tells all who wait
         */
        V run(PullProgress progress) throws IOException, InterruptedException;
    }

    private static final class Running<V> implements PullProgress {
        private final CompletableFuture<V> result = new CompletableFuture<>();
        private final List<PullProgress> listeners = new CopyOnWriteArrayList<>();
        private Thread thread = Thread.currentThread();
        private int users;

        @Override
        public void layer(Digest layer, Phase phase, long done, long total) {
            for (PullProgress listener : listeners) {
                listener.layer(layer, phase, done, total);
            }
        }
    }

    /** @param name of the threads */
    SharedWork(String name) {
        this.name = name;
    }

    /**
     * Gives the result of {@code work}, or of equal work that runs already. Where that one fails, it is tried once more with this one: the
     * other may have had other credentials, or was given up by whoever began it.
     */
    V get(K key, PullProgress progress, Work<V> work) throws IOException, InterruptedException {
        for (boolean again = false; ; again = true) {
            Running<V> task;
            boolean mine = false;
            synchronized (running) {
                Running<V> known = running.get(key);
                mine = known == null;
                task = known == null ? new Running<>() : known;
                task.users++;
                task.listeners.add(progress);
                if (mine) {
                    running.put(key, task);
                    task.thread = Thread.ofVirtual().name(name).start(() -> run(key, task, work));
                }
            }
            try {
                return task.result.get();
            } catch (ExecutionException e) {
                if (mine || again) {
                    throw unwrapped(e);
                }
            } finally {
                leave(key, task, progress);
            }
        }
    }

    private void run(K key, Running<V> task, Work<V> work) {
        try {
            V value = work.run(task);
            forget(key, task);
            task.result.complete(value);
        } catch (Throwable e) { // also errors: whoever waits must learn of them
            forget(key, task);
            task.result.completeExceptionally(e);
        }
    }

    private void forget(K key, Running<V> task) {
        synchronized (running) {
            running.remove(key, task);
        }
    }

    private void leave(K key, Running<V> task, PullProgress progress) {
        synchronized (running) {
            task.listeners.remove(progress);
            task.users--;
            if (task.users > 0 || task.result.isDone()) {
                return;
            }
            running.remove(key, task);
        }
        task.thread.interrupt();
        boolean interrupted = Thread.interrupted();
        try {
            task.thread.join(CLEANUP);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static IOException unwrapped(ExecutionException failed) {
        return switch (failed.getCause()) {
            case IOException e -> e;
            case InterruptedException e -> {
                InterruptedIOException told = new InterruptedIOException("the work was given up");
                told.initCause(e);
                yield told;
            }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> new IOException(failed.getCause());
        };
    }
}
