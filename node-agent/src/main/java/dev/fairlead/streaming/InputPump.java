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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;

/**
 * Takes the client's input to the descriptor that a process reads from. What the process has not read waits here up to {@value #HIGH} bytes, and
 * beyond that in the client's socket.
 */
final class InputPump implements EventLoop.Handler, AutoCloseable {
    private static final Set<Interest> WRITE = EnumSet.of(Interest.WRITE);
    private static final Set<Interest> NONE = EnumSet.noneOf(Interest.class);
    private static final int PIECE = 32 * 1024;
    private static final int HIGH = 256 * 1024;
    private static final int LOW = HIGH / 2;
    private static final ThreadLocal<IoBuffer> BUFFER = ThreadLocal.withInitial(() -> new IoBuffer(PIECE));

    private final EventLoop loop;
    private final Fd target;
    private final Wire wire;
    private final Runnable whenDone;
    private final Registration registration;

    // Only on the loop's thread.
    private final Deque<Piece> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean paused;
    private boolean last;
    private boolean done;

    /** Bytes from {@code offset} on are still to be written. */
    @SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
    private record Piece(byte[] data, int offset) {
        int length() {
            return data.length - offset;
        }
    }

    /**
     * Takes the descriptor.
     * @param target does not block; owned
     * @param whenDone called on the loop's thread when the input has ended and is written, or nobody reads it
     */
    InputPump(EventLoop loop, Fd target, Wire wire, Runnable whenDone) throws ErrnoException {
        this.loop = loop;
        this.target = target;
        this.wire = wire;
        this.whenDone = whenDone;
        registration = loop.register(target, NONE, this);
    }

    /** Adds input; {@code data} is the pump's from now on. */
    void add(byte[] data) {
        loop.execute(() -> {
            if (done || data.length == 0) {
                return; // nobody reads it: as with a pipe whose reader has gone
            }
            waiting.add(new Piece(data, 0));
            waitingBytes += data.length;
            drain();
        });
    }

    /** No more input will come: when all is written the descriptor is closed. */
    void end() {
        loop.execute(() -> {
            last = true;
            drain();
        });
    }

    @Override
    public void ready(Registration mine, Set<Readiness> ready) {
        drain();
    }

    private void drain() {
        if (done) {
            return;
        }
        try {
            while (!waiting.isEmpty()) {
                if (!write(waiting.removeFirst())) {
                    break;
                }
            }
            registration.modify(waiting.isEmpty() ? NONE : WRITE);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPIPE && e.errno() != Errno.EIO) {
                throw new java.io.UncheckedIOException(e);
            }
            // The process reads no more. Its output may go on, so the session does too.
            waiting.clear();
            waitingBytes = 0;
            last = true;
        }
        regulate();
        if (last && waiting.isEmpty()) {
            finish();
        }
    }

    /** Returns whether all of the piece went; the rest is put back. */
    private boolean write(Piece piece) throws ErrnoException {
        IoBuffer buffer = BUFFER.get();
        Piece rest = piece;
        while (rest.length() > 0) {
            int length = Math.min(PIECE, rest.length());
            buffer.put(rest.data, rest.offset, length);
            int written = Pipes.write(target, buffer, length);
            if (written == Pipes.WOULD_BLOCK) {
                waiting.addFirst(rest);
                return false;
            }
            waitingBytes -= written;
            rest = new Piece(rest.data, rest.offset + written);
        }
        return true;
    }

    private void regulate() {
        if (!paused && waitingBytes >= HIGH) {
            paused = true;
            wire.pauseInput(true);
        } else if (paused && waitingBytes <= LOW) {
            paused = false;
            wire.pauseInput(false);
        }
    }

    @Override
    public void failed(Throwable failure) {
        finish();
    }

    private void finish() {
        if (!done) {
            done = true;
            waiting.clear();
            registration.close();
            target.close();
            whenDone.run();
        }
    }

    /** Drops what is waiting. */
    @Override
    public void close() {
        loop.execute(this::finish);
    }
}
