package dev.fairlead.log;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** The pipes of one stream, as a warden would hold them: whatever the log under test closes, they stay. */
final class LogFixture implements AutoCloseable {
    private final Pipe output = Pipes.open("container output", EnumSet.of(PipeFlag.NONBLOCK));
    private final Pipe batch = Pipes.open("batch", EnumSet.of(PipeFlag.NONBLOCK));
    private final IoBuffer io = new IoBuffer(64 * 1024);

    LogFixture() throws ErrnoException {}

    /** What is given to a log: its own to close, but borrowed numbers. */
    StreamPipes pipes() {
        return new StreamPipes(borrow(output.readEnd()), borrow(batch.readEnd()), borrow(batch.writeEnd()));
    }

    private static Fd borrow(Fd fd) {
        return Fd.borrowed(fd.number(), fd.name());
    }

    Pipe batch() {
        return batch;
    }

    Pipe output() {
        return output;
    }

    /** Writes as the container would; the pipe must have room. */
    void print(String text) throws ErrnoException {
        put(output, text);
    }

    void put(Pipe pipe, String text) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        io.put(bytes, 0, bytes.length);
        if (Pipes.write(pipe.writeEnd(), io, bytes.length) != bytes.length) {
            throw new AssertionError("the pipe is full");
        }
    }

    /** Starts a program whose stdout is the container's output. */
    Process start(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectOutput(
                        Path.of("/proc/self/fd/" + output.writeEnd().number()).toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** From now on only the started programs can write. */
    void noMoreWriters() {
        output.writeEnd().close();
    }

    /** The contents of a log's entries of one stream, the pieces of a line put together. */
    static List<String> lines(Path log, String stream) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String entry : Files.readString(log).split("\n", -1)) {
            String[] fields = entry.split(" ", 4);
            if (fields.length == 4 && fields[1].equals(stream)) {
                text.append(fields[3]).append(fields[2].equals("F") ? "\n" : "");
            }
        }
        // Not lines(): a carriage return is content.
        List<String> lines = List.of(text.toString().split("\n", -1));
        return lines.getLast().isEmpty() ? lines.subList(0, lines.size() - 1) : lines;
    }

    static Optional<StreamPipes> none() {
        return Optional.empty();
    }

    @Override
    public void close() {
        output.close();
        batch.close();
    }
}
