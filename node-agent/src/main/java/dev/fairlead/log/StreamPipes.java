package dev.fairlead.log;

import dev.fairlead.linux.Fd;

/**
 * The descriptors of one output stream, all owned by whom this is given to. The container's warden holds them too, so that they and what is
 * in them outlive the daemon.
 * @param source the read end of the pipe that the container writes to, or the master of its terminal
 * @param batchReadEnd of a second pipe, that is the log pump's alone
 */
public record StreamPipes(Fd source, Fd batchReadEnd, Fd batchWriteEnd) implements AutoCloseable {
    @Override
    public void close() {
        source.close();
        batchReadEnd.close();
        batchWriteEnd.close();
    }
}
