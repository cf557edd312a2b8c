package dev.fairlead.log;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Timer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The log of one container: its file, its journal and its one or two streams. All methods may be called from any thread; the work is done
 * on the loop's. While the file cannot be written, both streams wait in their pipes, and it is tried again every {@link #RETRY}.
 */
public final class ContainerLog implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ContainerLog.class.getName());

    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(30);

    /** 16 MiB: more than two pipes of any size that we make can hold. */
    private static final int FINAL_BATCHES = 256;

    private final LogPump.Shared shared;
    private final EventLoop loop;
    private final Optional<LogTarget> target;
    private final LogJournal journal;
    private final List<LogStream> streams = new ArrayList<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();

    // Only on the loop's thread, from here on.
    private final List<OutputTap> taps = new ArrayList<>();
    private @Nullable Timer retry;
    private boolean reported;
    private boolean closed;

    private ContainerLog(LogPump.Shared shared, Optional<Path> path, LogJournal journal) {
        this.shared = shared;
        loop = shared.loop();
        target = path.map(file -> new LogTarget(file, journal, shared.clock()));
        this.journal = journal;
    }

    static ContainerLog open(
            LogPump.Shared shared,
            Path journalPath,
            Optional<Path> path,
            StreamPipes stdout,
            Optional<StreamPipes> stderr)
            throws IOException {
        try {
            LogJournal journal = LogJournal.open(journalPath);
            ContainerLog log = new ContainerLog(shared, path, journal);
            try {
                if (!journal.continued() && log.target.isPresent()) {
                    log.target.get().open();
                }
            } catch (IOException e) {
                journal.close();
                throw e;
            }
            log.add(StreamName.STDOUT, stdout);
            stderr.ifPresent(pipes -> log.add(StreamName.STDERR, pipes));
            shared.open().add(log);
            shared.loop().execute(log::resume);
            return log;
        } catch (IOException | RejectedExecutionException e) {
            stdout.close();
            stderr.ifPresent(StreamPipes::close);
            throw e;
        }
    }

    private void add(StreamName name, StreamPipes pipes) {
        streams.add(new LogStream(this, name, pipes, journal.slot(name), target, shared));
    }

    /**
     * Goes on in a new file of the same path, after whoever rotates logs has renamed the old one: no line is lost, doubled or torn. Waits until
     * that is done.
     * @throws IOException the new file cannot be opened: the old one is still being written to
     */
    public void reopen() throws IOException {
        call(() -> {
            if (closed || target.isEmpty()) {
                return;
            }
            openTarget();
            target.get().rotate();
            if (retry != null) {
                retry.cancel();
                resume();
            }
        });
    }

    /**
     * Lets {@code tap} see what the container writes from now on, beside the log, until it is removed or the stream has ended. Waits until it does.
     * @throws IOException the log is closed: the container has ended
     */
    public void add(OutputTap tap) throws IOException {
        call(() -> {
            if (closed) {
                throw new IOException("the log " + describe() + " is closed");
            }
            taps.add(tap);
            for (LogStream stream : streams) {
                if (stream.ended()) {
                    tap.ended(stream.name());
                }
            }
        });
    }

    /** Lets {@code tap} see no more, and tells it so; nothing happens where it saw nothing. */
    public void remove(OutputTap tap) {
        try {
            loop.execute(() -> {
                if (taps.remove(tap)) {
                    streams.forEach(stream -> tap.ended(stream.name()));
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "the daemon ends, and its logs before a tap", e);
        }
    }

    boolean isTapped() {
        return !taps.isEmpty();
    }

    void tap(StreamName name, byte[] data, int offset, int length) {
        if (length > 0) {
            taps.forEach(tap -> tap.output(name, data, offset, length));
        }
    }

    void tapEnded(StreamName name) {
        taps.forEach(tap -> tap.ended(name));
    }

    /**
     * Completes when nobody can write to the container's streams any more and all they wrote is in the log; exceptionally where the log was
     * closed before, or failed for good. On the loop's thread: what depends on it and may wait takes another.
     */
    public CompletableFuture<Void> drained() {
        return drained.copy();
    }

    /**
     * Closes the log when it is drained, or after {@code limit} with what was written by then: for a container that has ended, where a process
     * that inherited its output may live on elsewhere.
     * @return completes when the log is closed
     */
    public CompletableFuture<Void> finishAndClose(Duration limit) {
        Timer timer = loop.schedule(limit, () -> {
            attempt(() -> {
                for (LogStream stream : streams) {
                    stream.finish(FINAL_BATCHES);
                }
            });
            closeOnLoop();
        });
        return drained.handle((nothing, failure) -> timer)
                .thenAcceptAsync(
                        started -> {
                            started.cancel();
                            closeOnLoop();
                        },
                        loop);
    }

    /** Stops logging; what is unread stays in the pipes, for the next {@link LogPump#open}. A second call does nothing. */
    @Override
    public void close() {
        try {
            call(this::closeOnLoop);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "closing the log " + describe(), e);
        }
    }

    private void closeOnLoop() {
        if (closed) {
            return;
        }
        closed = true;
        shared.open().remove(this);
        if (retry != null) {
            retry.cancel();
        }
        streams.forEach(LogStream::close);
        try (journal) {
            if (target.isPresent()) {
                target.get().close();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "closing the log " + describe(), e);
        }
        drained.completeExceptionally(new CancellationException("the log " + describe() + " was closed"));
    }

    /** What can fail for a while. */
    @FunctionalInterface
    interface Steps {
        void run() throws IOException;
    }

    /** Runs steps of a stream; where the log file cannot be written, everything waits, and where a pipe fails, it ends. */
    void attempt(Steps steps) {
        try {
            steps.run();
        } catch (LogFileException e) {
            stall(e);
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    /** Whether the streams wait for the log file. */
    boolean stalled() {
        return retry != null;
    }

    private void stall(LogFileException why) {
        if (!reported) {
            reported = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the log {0} cannot be written; the container''s output waits in its pipe: {1}",
                    describe(),
                    why.getMessage());
        }
        if (retry == null) {
            retry = loop.schedule(RETRY, this::resume);
        }
        attempt(() -> {
            for (LogStream stream : streams) {
                stream.pause();
            }
        });
    }

    /** Opens what is to be opened, finishes what was cut off, and waits for output. */
    private void resume() {
        retry = null;
        if (closed) {
            return;
        }
        attempt(() -> {
            openTarget();
            recover();
            for (LogStream stream : streams) {
                stream.watch();
            }
            if (reported) {
                reported = false;
                LOG.log(System.Logger.Level.INFO, "the log {0} can be written again", describe());
            }
        });
    }

    private void openTarget() throws LogFileException {
        if (target.isPresent() && !target.get().isOpen()) {
            target.get().openAgain(this::recover);
        }
    }

    private void recover() throws IOException {
        for (LogStream stream : streams) {
            stream.recover();
        }
    }

    /** A pipe or the journal is not what it must be: nothing can be logged any more. */
    void fail(Throwable why) {
        LOG.log(System.Logger.Level.ERROR, "the log " + describe() + " ends", why);
        drained.completeExceptionally(why);
        streams.forEach(LogStream::close);
    }

    void streamEnded() {
        if (streams.stream().allMatch(LogStream::ended)) {
            drained.complete(null);
        }
    }

    private String describe() {
        return target.map(LogTarget::toString).orElse("(discarded)");
    }

    private void call(Steps steps) throws IOException {
        if (loop.isLoopThread()) {
            steps.run();
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                steps.run();
                done.complete(null);
            } catch (IOException | RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        try {
            done.get(CALL_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new IOException(describe() + ": " + cause.getMessage(), cause);
        } catch (TimeoutException e) {
            throw new IOException(
                    describe() + ": the event loop did not answer within " + CALL_LIMIT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(describe());
        }
    }
}
