package dev.fairlead.streaming;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Registration;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Interest;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Readiness;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/**
 * Takes what a process writes to one descriptor to the client. While the client has not taken {@value #HIGH} bytes of it, nothing more is read:
 * then the pipe fills, and the process waits.
 */
final class OutputPump implements EventLoop.Handler, AutoCloseable {
    private static final Set<Interest> READ = EnumSet.of(Interest.READ);
    private static final Set<Interest> NONE = EnumSet.noneOf(Interest.class);
    private static final int PIECE = 32 * 1024;
    private static final int HIGH = 256 * 1024;
    private static final int LOW = HIGH / 2;

    /** Only the event loop's thread reads, so that one buffer serves all. */
    private static final ThreadLocal<IoBuffer> BUFFER = ThreadLocal.withInitial(() -> new IoBuffer(PIECE));

    private final EventLoop loop;
    private final Fd source;
    private final StreamName stream;
    private final Wire wire;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Registration registration;

    // Only on the loop's thread.
    private int unsent;
    private boolean paused;

    /**
     * Begins to read.
     * @param source does not block; owned
     */
    OutputPump(EventLoop loop, Fd source, StreamName stream, Wire wire) throws ErrnoException {
        this.loop = loop;
        this.source = source;
        this.stream = stream;
        this.wire = wire;
        registration = loop.register(source, READ, this);
    }

    @Override
    public void ready(Registration mine, Set<Readiness> ready) throws ErrnoException {
        IoBuffer buffer = BUFFER.get();
        int count = read(buffer);
        if (count == Pipes.END) {
            mine.close();
            ended.complete(null);
        } else if (count > 0) {
            byte[] piece = new byte[count];
            buffer.get(piece, 0, count);
            unsent += count;
            if (unsent >= HIGH) {
                paused = true;
                mine.modify(NONE);
            }
            wire.send(stream, piece, () -> sent(count));
        }
    }

    private int read(IoBuffer buffer) throws ErrnoException {
        try {
            return Pipes.read(source, buffer, PIECE);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EIO) {
                return Pipes.END; // a terminal that nobody has open any more
            }
            throw e;
        }
    }

    private void sent(int count) {
        try {
            loop.execute(() -> {
                unsent -= count;
                if (paused && unsent <= LOW && !ended.isDone()) {
                    paused = false;
                    resume();
                }
            });
        } catch (RejectedExecutionException e) {
            ended.completeExceptionally(e); // the daemon ends, and this stream with it
        }
    }

    private void resume() {
        try {
            registration.modify(READ);
        } catch (ErrnoException | IllegalStateException e) {
            failed(e);
        }
    }

    @Override
    public void failed(Throwable failure) {
        ended.completeExceptionally(failure);
    }

    /** Completes, on the loop's thread, when nobody can write any more and all was given to the wire. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void close() {
        loop.execute(() -> {
            ended.complete(null);
            registration.close();
            source.close();
        });
    }
}
