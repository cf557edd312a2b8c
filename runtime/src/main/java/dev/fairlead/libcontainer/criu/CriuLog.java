package dev.fairlead.libcontainer.criu;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What CRIU wrote while it worked. */
public final class CriuLog {
    private static final int MOST_ERRORS = 3;

    /** What it says on every node whose daemon lacks CAP_SYS_RESOURCE, and then does without. */
    private static final String HARMLESS = "Can't setup RLIMIT_NOFILE";

    private CriuLog() {}

    /** The first errors in a log file, in CRIU's own words; empty where it names none, or where there is no such file. */
    public static String errors(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return errors(lines);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** Those in what it wrote to its standard streams. */
    static String errors(String output) {
        return errors(output.lines());
    }

    private static String errors(Stream<String> lines) {
        List<String> errors = lines.filter(line -> line.contains("Error") && !line.contains(HARMLESS))
                .map(line -> line.substring(line.indexOf("Error")).strip())
                .limit(MOST_ERRORS)
                .toList();
        return errors.stream().collect(Collectors.joining("; "));
    }
}
