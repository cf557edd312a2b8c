package dev.fairlead.log;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.EnumSet;

/**
 * The memory in which a batch becomes lines, and the private pipe through which it is looked at: one set for all containers, used by the
 * loop's thread only, and empty between two uses.
 */
final class Scratch implements AutoCloseable {
    /** What a pipe holds by default. A batch in a larger one is taken in parts. */
    static final int BATCH_SIZE = 64 * 1024;

    /** Who prints more than this between two looks floods. */
    static final int FLOOD = BATCH_SIZE / 4;

    private static final int OUTPUT_SIZE = 256 * 1024;

    private final Pipe peek = Pipes.open("log batch", EnumSet.of(PipeFlag.NONBLOCK));
    private final IoBuffer io = new IoBuffer(BATCH_SIZE);
    private final byte[] batch = new byte[LogJournal.CARRY_SIZE + BATCH_SIZE];
    private final ByteBuffer output = ByteBuffer.allocateDirect(OUTPUT_SIZE);

    Scratch() throws ErrnoException {}

    /** What a stream has printed and the log has not: a carry, then what was peeked at. */
    byte[] batch() {
        return batch;
    }

    /** Where lines are put together. */
    ByteBuffer output() {
        return output;
    }

    /** Reads from a descriptor and forgets it; as {@link Pipes#read}. */
    int discard(Fd source) throws ErrnoException {
        return Pipes.read(source, io, io.size());
    }

    /** What {@link #discard} has just read: the first {@code length} bytes of it. */
    byte[] discarded(int length) {
        byte[] bytes = new byte[length];
        io.get(bytes, 0, length);
        return bytes;
    }

    /**
     * Reads what is in the batch pipe, which keeps it, into {@link #batch}.
     * @param at where in the batch its bytes begin
     * @return how many
     */
    int peek(Fd batchReadEnd, int at) throws IOException {
        int copied = Pipes.tee(batchReadEnd, peek.writeEnd(), BATCH_SIZE);
        if (copied <= 0) {
            return 0;
        }
        int filled = 0;
        while (filled < copied) {
            int count = Pipes.read(peek.readEnd(), io, Math.min(io.size(), copied - filled));
            if (count <= 0) {
                throw new IOException("tee gave " + copied + " bytes, only " + filled + " came out");
            }
            io.get(batch, at + filled, count);
            filled += count;
        }
        return filled;
    }

    /** Takes {@code bytes} bytes out of the batch pipe. */
    void drain(Fd batchReadEnd, int bytes) throws IOException {
        for (int left = bytes; left > 0; ) {
            int count = Pipes.read(batchReadEnd, io, Math.min(io.size(), left));
            if (count <= 0) {
                throw new IOException(
                        batchReadEnd.name() + " lacks " + left + " bytes of its batch: somebody else reads it");
            }
            left -= count;
        }
    }

    @Override
    public void close() {
        peek.close();
    }
}
