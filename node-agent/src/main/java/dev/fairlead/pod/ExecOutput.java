package dev.fairlead.pod;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Registration;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Interest;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Readiness;
import java.io.ByteArrayOutputStream;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Collects what a command writes to one pipe, up to a limit; the rest is read and dropped, so that the command does not stand still. */
final class ExecOutput implements EventLoop.Handler, AutoCloseable {
    private static final int READ_SIZE = 64 * 1024;
    /** Only the event loop's thread reads, so that one buffer serves all. */
    private static final ThreadLocal<IoBuffer> BUFFER = ThreadLocal.withInitial(() -> new IoBuffer(READ_SIZE));

    private final EventLoop loop;
    private final Fd source;
    private final int limit;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Registration registration;

    /**
     * Begins to read.
     * @param source the end to read, does not block; owned
     * @param limit in bytes
     */
    ExecOutput(EventLoop loop, Fd source, int limit) throws ErrnoException {
        this.loop = loop;
        this.source = source;
        this.limit = limit;
        registration = loop.register(source, EnumSet.of(Interest.READ), this);
    }

    @Override
    public void ready(Registration mine, Set<Readiness> ready) throws ErrnoException {
        IoBuffer buffer = BUFFER.get();
        int count = Pipes.read(source, buffer, READ_SIZE);
        if (count == Pipes.END) {
            mine.close();
            ended.complete(null);
        } else if (count > 0) {
            keep(buffer, count);
        }
    }

    private synchronized void keep(IoBuffer buffer, int count) {
        int room = Math.min(count, limit - bytes.size());
        if (room > 0) {
            byte[] piece = new byte[room];
            buffer.get(piece, 0, room);
            bytes.write(piece, 0, room);
        }
    }

    @Override
    public void failed(Throwable failure) {
        ended.completeExceptionally(failure);
    }

    /** Completes when nobody can write any more. */
    CompletableFuture<Void> ended() {
        return ended;
    }

    synchronized byte[] bytes() {
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        registration.close();
        // Behind whatever the loop is reading at this moment: a number that is closed under it may be another file's.
        loop.execute(source::close);
    }
}
