package dev.fairlead.log;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes the output of all containers to their log files, on one event loop. A stream that is ready gets a batch of at most
 * {@value Scratch#BATCH_SIZE} bytes, and one that floods gets its next after all others: see {@link Backlog}. What does not fit waits in the
 * pipe, and then the writer waits: the memory needed does not grow with the output.
 */
public final class LogPump implements AutoCloseable {
    private final Shared shared;

    /** What all logs use. */
    record Shared(EventLoop loop, InstantSource clock, Scratch scratch, Backlog backlog, Set<ContainerLog> open) {}

    /**
     * A pump on {@code loop}, borrowed.
     * @throws ErrnoException EMFILE, ENFILE: too many descriptors
     */
    public LogPump(EventLoop loop) throws ErrnoException {
        shared = new Shared(
                loop, InstantSource.system(), new Scratch(), new Backlog(loop), ConcurrentHashMap.newKeySet());
    }

    /**
     * Starts to log a container, or goes on where this or an earlier daemon stopped: what was cut off is finished first.
     *
     * @param journal on tmpfs, in the container's directory; made where it is not there; to be removed with the container
     * @param logFile made where it is not there, its directory too; none: output is read and dropped
     * @param stdout also the terminal of a container that has one; owned by the result, and closed where this throws
     * @param stderr as stdout; none with a terminal
     * @throws IOException the journal, or, unless this log is a continued one, the log file cannot be opened
     */
    public ContainerLog open(Path journal, Optional<Path> logFile, StreamPipes stdout, Optional<StreamPipes> stderr)
            throws IOException {
        return ContainerLog.open(shared, journal, logFile, stdout, stderr);
    }

    /** Closes the logs that are still open, as {@link ContainerLog#close} does; before the loop is closed. */
    @Override
    public void close() {
        shared.open().forEach(ContainerLog::close);
        shared.scratch().close();
    }
}
