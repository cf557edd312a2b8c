package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockGroupsTest {
    private static final Path LSATTR = Path.of("/usr/bin/lsattr");

    @NeedsRoot
    @Test
    void aDirectoryHasTheAttributeWhereItsFileSystemKnowsIt(@TempDir Path dir) throws Exception {
        assumeTrue(Files.isExecutable(LSATTR), "lsattr is not installed");
        boolean known = BlockGroups.spreadChildren(dir.toString());
        assertThat(BlockGroups.spreadChildren(dir.toString()))
                .as("a second time")
                .isEqualTo(known);
        assertThat(attributes(dir).contains("T")).isEqualTo(known);
        Path child = Files.createDirectory(dir.resolve("child"));
        assertThat(attributes(child)).as("of a child").doesNotContain("T");
    }

    /** Empty where the file system has no attributes at all. */
    private static String attributes(Path directory) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(LSATTR.toString(), "-d", directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said.replaceFirst(" .*", "").strip();
    }
}
