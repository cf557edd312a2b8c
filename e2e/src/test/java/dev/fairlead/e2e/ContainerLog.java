package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A log file of the container runtime interface: lines of time, stream, P or F, and text. */
public record ContainerLog(List<Entry> entries) {
    private static final Pattern LINE = Pattern.compile("(\\S+) (stdout|stderr) ([PF]) (.*)");

    /**
     * A line of the file.
     * @param partial what was printed goes on in the next entry of the same stream
     */
    public record Entry(Instant time, String stream, boolean partial, String text) {}

    /** Every line of {@code file} must be whole and well-formed; a file that is not there yet is an empty log. */
    public static ContainerLog read(Path file) {
        try {
            return of(file, Files.readString(file, UTF_8));
        } catch (NoSuchFileException e) {
            return new ContainerLog(List.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same of a {@code file} that somebody has read, and unpacked. */
    public static ContainerLog of(Path file, String content) {
        List<Entry> entries = new ArrayList<>();
        for (String line :
                content.substring(0, content.lastIndexOf('\n') + 1).lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                throw new AssertionError(file + ": line " + (entries.size() + 1) + " is no CRI log line: " + line);
            }
            entries.add(new Entry(
                    Instant.parse(matcher.group(1)),
                    matcher.group(2),
                    matcher.group(3).equals("P"),
                    matcher.group(4)));
        }
        return new ContainerLog(List.copyOf(entries));
    }

    /** What was printed to {@code stream}, line by line, partial ones joined. */
    public List<String> lines(String stream) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (Entry entry : entries) {
            if (entry.stream().equals(stream)) {
                line.append(entry.text());
                if (!entry.partial()) {
                    lines.add(line.toString());
                    line.setLength(0);
                }
            }
        }
        if (!line.isEmpty()) {
            lines.add(line.toString());
        }
        return lines;
    }

    public List<String> stdout() {
        return lines("stdout");
    }

    public List<String> stderr() {
        return lines("stderr");
    }
}
