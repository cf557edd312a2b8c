package dev.fairlead.libcontainer.process;

import dev.fairlead.libcontainer.process.Protocol.Message;
import dev.fairlead.libcontainer.process.Protocol.MessageType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How a container's init ended, as the warden wrote it into the container's directory.
 *
 * @param finishedAt by the wall clock, when the warden saw it
 * @param failure why it never executed its program; empty where it did
 */
public record ExitRecord(ExitStatus status, Instant finishedAt, Optional<LaunchFailure> failure) {
    /** Its name in the container's directory. */
    public static final String FILE = "exit";

    /**
     * Reads the record of a container's directory; empty where init has not ended (or nobody saw it).
     * @throws IOException says what is wrong with it where it is damaged
     */
    public static Optional<ExitRecord> read(Path containerDirectory) throws IOException {
        Path file = containerDirectory.resolve(FILE);
        try {
            return Optional.of(parse(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** It is the message that the warden sends, byte for byte. */
    private static ExitRecord parse(byte[] bytes) {
        Message message = Message.parse(ByteBuffer.wrap(bytes), List.of());
        if (message.type() != MessageType.EXITED) {
            throw new IllegalArgumentException("a record of " + message.type() + " instead of EXITED");
        }
        return message.exit();
    }

    static ExitRecord of(int status, long nanos, int step, int errno, int detail) {
        Instant finishedAt = Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
        return new ExitRecord(
                ExitStatus.ofWait(status),
                finishedAt,
                step == 0 ? Optional.empty() : Optional.of(LaunchFailure.of(step, errno, detail)));
    }
}
