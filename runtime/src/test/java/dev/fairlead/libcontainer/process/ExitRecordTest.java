package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitRecordTest {
    private static final int EXITED = 20;

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource(textBlock = """
            0,     0,   Code[value=0]
            10752, 42,  Code[value=42]
            9,     137, 'Signal[number=9, coreDumped=false]'
            139,   139, 'Signal[number=11, coreDumped=true]'
            -1,    255, Unknown[why=its first process was never made]
            """)
    void readsWaitStatuses(int status, int code, String expected) {
        assertThat(ExitStatus.ofWait(status)).hasToString(expected);
        assertThat(ExitStatus.ofWait(status).asExitCode()).isEqualTo(code);
    }

    @Test
    void hasTheTimeToTheNanosecondAndTheFailure(@TempDir Path directory) throws Exception {
        Files.write(directory.resolve(ExitRecord.FILE), message(EXITED, 40));
        assertThat(ExitRecord.read(directory))
                .contains(new ExitRecord(
                        new ExitStatus.Code(125),
                        Instant.ofEpochSecond(1_700_000_000, 123_456_789),
                        Optional.of(new LaunchFailure(Step.EXECUTING, Errno.ENOENT, 1))));
    }

    @ParameterizedTest(name = "{0}, {1} bytes")
    @CsvSource({"20, 39", "20, 0", "20, 41", "22, 40", "99, 40"})
    void aDamagedRecordIsNamed(int type, int size, @TempDir Path directory) throws Exception {
        assertThat(ExitRecord.read(directory)).isEmpty();
        Files.write(directory.resolve(ExitRecord.FILE), message(type, size));
        assertThatThrownBy(() -> ExitRecord.read(directory))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(directory.resolve("exit").toString());
    }

    /** As the warden writes it, cut or prolonged. */
    private static byte[] message(int type, int size) {
        byte[] bytes = ByteBuffer.allocate(40)
                .order(ByteOrder.nativeOrder())
                .putInt(0, type)
                .putInt(12, Step.EXECUTING.number())
                .putInt(16, 2)
                .putInt(20, 1)
                .putInt(24, 32000)
                .putLong(32, 1_700_000_000_123_456_789L)
                .array();
        return Arrays.copyOf(bytes, size);
    }
}
