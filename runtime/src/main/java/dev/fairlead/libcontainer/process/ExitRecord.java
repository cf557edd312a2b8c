package dev.fairlead.libcontainer.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
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
            return Optional.of(parse(Files.readString(file, StandardCharsets.US_ASCII)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Parses "status time step errno detail": numbers in decimal, the status as wait(2) has it, the time in ns since 1970, the others 0 where the
     * program was executed.
     * @throws IllegalArgumentException where it is something else
     */
    static ExitRecord parse(String line) {
        String[] fields = line.strip().split(" ", -1);
        if (fields.length != 5) {
            throw new IllegalArgumentException("not an exit record: \"" + line.strip() + "\"");
        }
        return of(
                Integer.parseInt(fields[0]),
                Long.parseLong(fields[1]),
                Integer.parseInt(fields[2]),
                Integer.parseInt(fields[3]),
                Integer.parseInt(fields[4]));
    }

    static ExitRecord of(int status, long nanos, int step, int errno, int detail) {
        Instant finishedAt = Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000);
        return new ExitRecord(
                ExitStatus.ofWait(status),
                finishedAt,
                step == 0 ? Optional.empty() : Optional.of(LaunchFailure.of(step, errno, detail)));
    }
}
