package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * CVE-2019-5736: the launcher's program, as a container would hold it, cannot be changed even at rest, when the kernel has no ETXTBSY for
 * whoever opens it. Fails where a seal is missing.
 */
class SealedProgramTest {
    @Test
    void isNeitherWrittenToNorCutNorGrown() throws IOException {
        try (Launcher launcher = Launcher.load()) {
            Path program = Path.of("/proc/self/fd/" + launcher.program().number());
            byte[] before = Files.readAllBytes(program);
            try (RandomAccessFile file = new RandomAccessFile(program.toFile(), "rw")) {
                assertRefused(() -> file.write(0));
                assertRefused(() -> file.setLength(0));
                assertRefused(() -> file.setLength(before.length + 1L));
            }
            assertThat(program).hasBinaryContent(before);
        }
    }

    private static void assertRefused(ThrowingCallable change) {
        assertThatThrownBy(change).isInstanceOf(IOException.class).hasMessageContaining("Operation not permitted");
    }
}
