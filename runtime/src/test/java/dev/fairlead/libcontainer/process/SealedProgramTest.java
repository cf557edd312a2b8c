package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * CVE-2019-5736: the launcher's program, as a container would hold it, cannot be changed even at rest, when the kernel has no ETXTBSY for
 * whoever opens it. Fails where a seal is missing.
 */
class SealedProgramTest {
    @Test
    void isNeitherWrittenToNorCutNorGrown() throws IOException {
        try (Launcher _ = Launcher.load()) {
            Path program = program();
            byte[] before = Files.readAllBytes(program);
            try (RandomAccessFile file = new RandomAccessFile(program.toFile(), "rw")) {
                assertRefused(() -> file.write(0));
                assertRefused(() -> file.setLength(0));
                assertRefused(() -> file.setLength(before.length + 1L));
            }
            assertThat(program).hasBinaryContent(before);
        }
    }

    /** As a container would find it: by what the kernel calls it. */
    private static Path program() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(Files::isRegularFile) // that of the listing is gone
                    .filter(SealedProgramTest::isLauncher)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static boolean isLauncher(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("/memfd:fairlead-launcher");
        } catch (IOException e) {
            return false; // another thread's, closed meanwhile
        }
    }

    private static void assertRefused(ThrowingCallable change) {
        assertThatThrownBy(change).isInstanceOf(IOException.class).hasMessageContaining("Operation not permitted");
    }
}
