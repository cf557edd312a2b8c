package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is there once for each container, with the privileges of the host, must stay small enough to be read in one sitting. */
class LauncherSourcesTest {
    private static final Path C = Path.of("src/main/c");
    private static final long LINES = 1130;

    @Test
    void areNoMoreThanCanBeReviewed() throws IOException {
        long lines = 0;
        try (var files = Files.newDirectoryStream(C, "*.c")) {
            for (Path file : files) {
                lines += Files.readAllLines(file).size();
            }
        }
        assertThat(lines).as("lines of " + C + "/*.c, as wc -l counts them").isBetween(1L, LINES);
    }
}
