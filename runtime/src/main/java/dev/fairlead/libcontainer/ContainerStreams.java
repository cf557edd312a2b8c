package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.process.KeptDescriptor;
import dev.fairlead.libcontainer.process.Warden;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The daemon's ends of a container's stdio. The warden has copies of all of them, so that neither they nor the bytes in them end with the
 * daemon.
 *
 * @param stdin where to write what the container reads; empty where it reads nothing. With a terminal: its master
 * @param stdout what the container writes; with a terminal: its master
 * @param stderr empty with a terminal
 */
public record ContainerStreams(Optional<Fd> stdin, Output stdout, Optional<Output> stderr) implements AutoCloseable {
    /**
     * One stream that a container writes.
     *
     * @param source the end to read
     * @param batchReadEnd of a second pipe, for the log pump
     * @param batchWriteEnd of the same
     */
    public record Output(Fd source, Fd batchReadEnd, Fd batchWriteEnd) implements AutoCloseable {
        @Override
        public void close() {
            source.close();
            batchReadEnd.close();
            batchWriteEnd.close();
        }
    }

    /** Fetches the ends back from a warden that an earlier daemon started; owned by the result. */
    static ContainerStreams fetch(Warden warden, boolean terminal, boolean stdin) throws IOException {
        Undo undo = new Undo();
        try {
            KeptDescriptor input = terminal ? KeptDescriptor.TERMINAL : KeptDescriptor.STDIN_WRITE;
            return new ContainerStreams(
                    stdin ? Optional.of(fetch(warden, input, undo)) : Optional.empty(),
                    new Output(
                            fetch(warden, terminal ? KeptDescriptor.TERMINAL : KeptDescriptor.STDOUT_READ, undo),
                            fetch(warden, KeptDescriptor.STDOUT_BATCH_READ, undo),
                            fetch(warden, KeptDescriptor.STDOUT_BATCH_WRITE, undo)),
                    terminal
                            ? Optional.empty()
                            : Optional.of(new Output(
                                    fetch(warden, KeptDescriptor.STDERR_READ, undo),
                                    fetch(warden, KeptDescriptor.STDERR_BATCH_READ, undo),
                                    fetch(warden, KeptDescriptor.STDERR_BATCH_WRITE, undo))));
        } catch (IOException e) {
            undo.run(e);
            throw e;
        }
    }

    private static Fd fetch(Warden warden, KeptDescriptor descriptor, Undo undo) throws IOException {
        Fd fd = warden.fetch(descriptor);
        undo.push(fd::close);
        return fd;
    }

    /** What the warden is to keep of them. */
    Map<KeptDescriptor, Fd> kept(boolean terminal) {
        Map<KeptDescriptor, Fd> kept = new EnumMap<>(KeptDescriptor.class);
        kept.put(terminal ? KeptDescriptor.TERMINAL : KeptDescriptor.STDOUT_READ, stdout.source());
        kept.put(KeptDescriptor.STDOUT_BATCH_READ, stdout.batchReadEnd());
        kept.put(KeptDescriptor.STDOUT_BATCH_WRITE, stdout.batchWriteEnd());
        if (!terminal) {
            stdin.ifPresent(end -> kept.put(KeptDescriptor.STDIN_WRITE, end));
        }
        stderr.ifPresent(stream -> {
            kept.put(KeptDescriptor.STDERR_READ, stream.source());
            kept.put(KeptDescriptor.STDERR_BATCH_READ, stream.batchReadEnd());
            kept.put(KeptDescriptor.STDERR_BATCH_WRITE, stream.batchWriteEnd());
        });
        return kept;
    }

    static Output output(Fd source, String name) throws ErrnoException {
        Pipe batch = Pipes.open(name + " batch", Set.of());
        return new Output(source, batch.readEnd(), batch.writeEnd());
    }

    @Override
    public void close() {
        stdin.ifPresent(Fd::close);
        stdout.close();
        stderr.ifPresent(Output::close);
    }
}
