package dev.fairlead.pod;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import dev.fairlead.log.OutputTap;
import dev.fairlead.log.StreamName;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a container writes, for one who has attached to it: a pipe for each stream, filled by the log pump. Who does not empty it in time is let
 * go of: neither the container nor its log waits for somebody who only looks on.
 */
final class AttachedOutput implements OutputTap {
    private static final int PIPE_SIZE = 1 << 20;
    private static final int PIECE = 64 * 1024;

    /** Filled and emptied within one call, on the log pump's thread. */
    private static final ThreadLocal<IoBuffer> BUFFER = ThreadLocal.withInitial(() -> new IoBuffer(PIECE));

    private final Map<StreamName, Pipe> pipes = new EnumMap<>(StreamName.class);
    private final Runnable tooSlow;

    /**
     * Makes the pipes.
     * @param tooSlow called on the log pump's thread when a pipe is full; must not wait
     */
    AttachedOutput(Set<StreamName> streams, Runnable tooSlow) throws ErrnoException {
        this.tooSlow = tooSlow;
        for (StreamName stream : streams) {
            Pipe pipe = Pipes.open("attached " + stream, EnumSet.of(PipeFlag.NONBLOCK));
            pipes.put(stream, pipe);
            enlarge(pipe);
        }
    }

    private static void enlarge(Pipe pipe) {
        try {
            Pipes.resize(pipe.writeEnd(), PIPE_SIZE);
        } catch (ErrnoException e) {
            // /proc/sys/fs/pipe-user-pages-soft is used up: then the client has a little less time.
            System.getLogger(AttachedOutput.class.getName())
                    .log(System.Logger.Level.DEBUG, "an attached client gets a small pipe", e);
        }
    }

    /** Where the output comes out; empty for a stream that is not attached. Owned by the caller from now on. */
    Optional<Fd> readEnd(StreamName stream) {
        return Optional.ofNullable(pipes.get(stream)).map(Pipe::readEnd);
    }

    @Override
    public void output(StreamName stream, byte[] data, int offset, int length) {
        Pipe pipe = pipes.get(stream);
        if (pipe == null) {
            return;
        }
        try {
            IoBuffer buffer = BUFFER.get();
            for (int done = 0; done < length; ) {
                int size = Math.min(PIECE, length - done);
                buffer.put(data, offset + done, size);
                int written = Pipes.write(pipe.writeEnd(), buffer, size);
                if (written == Pipes.WOULD_BLOCK) {
                    ended(stream);
                    tooSlow.run();
                    return;
                }
                done += written;
            }
        } catch (ErrnoException e) {
            ended(stream); // EPIPE: the client has gone, and takes itself off our list
        }
    }

    /** Also where the pipe is full: then the reader gets what is in it, and the end. */
    @Override
    public void ended(StreamName stream) {
        Pipe pipe = pipes.remove(stream);
        if (pipe != null) {
            pipe.writeEnd().close();
        }
    }

    /** Closes our ends, of one that the log pump never got to know. */
    void close() {
        for (StreamName stream : StreamName.values()) {
            ended(stream);
        }
    }
}
