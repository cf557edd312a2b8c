package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
    private static final String TIME = "2026-11-22T09:00:00.123456789Z";

    @TempDir
    Path directory;

    @Test
    void givesWhatIsNewLineByLine() throws IOException {
        Path file = directory.resolve("0.log");
        try (LogTail log = new LogTail(file)) {
            assertThat(log.poll()).as("it does not exist yet").isEmpty();
            append(file, TIME + " stdout F one\n" + TIME + " stderr P tw");
            assertThat(texts(log)).containsExactly("one");
            append(file, "o\n" + TIME + " stdout F \n");
            List<LogLine> lines = log.poll();
            assertThat(lines).extracting(line -> line.text().toStringUtf8()).containsExactly("two", "");
            assertThat(lines.getFirst().stderr()).isTrue();
            assertThat(lines.getFirst().complete()).isFalse();
            assertThat(lines.getLast().complete()).isTrue();
            assertThat(lines.getLast().time()).hasToString(TIME);
            assertThat(log.poll()).isEmpty();
        }
    }

    @Test
    void goesOnInTheNewFileAfterARotation() throws IOException {
        Path file = directory.resolve("0.log");
        append(file, TIME + " stdout F one\n");
        try (LogTail log = new LogTail(file)) {
            assertThat(texts(log)).containsExactly("one");
            append(file, TIME + " stdout F two\n");
            Files.move(file, directory.resolve("0.log.1"));
            assertThat(texts(log)).as("the old file first").containsExactly("two");
            assertThat(texts(log)).isEmpty();
            append(file, TIME + " stdout F three\n");
            assertThat(texts(log)).containsExactly("three");
        }
    }

    @Test
    void leavesOutWhatIsNoEntry() throws IOException {
        Path file = directory.resolve("0.log");
        append(file, "garbage\n" + TIME + " stdout F kept\nyesterday stdout F no time\n");
        try (LogTail log = new LogTail(file)) {
            assertThat(texts(log)).containsExactly("kept");
        }
    }

    private static List<String> texts(LogTail log) throws IOException {
        return log.poll().stream().map(line -> line.text().toStringUtf8()).toList();
    }

    private static void append(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
