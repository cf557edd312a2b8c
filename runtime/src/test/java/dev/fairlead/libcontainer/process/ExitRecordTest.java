package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExitRecordTest {
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
    void hasTheTimeToTheNanosecondAndTheFailure() {
        ExitRecord record = ExitRecord.parse("32000 1700000000123456789 46 2 1\n");
        assertThat(record)
                .isEqualTo(new ExitRecord(
                        new ExitStatus.Code(125),
                        Instant.ofEpochSecond(1_700_000_000, 123_456_789),
                        Optional.of(new LaunchFailure(Step.EXECUTING, Errno.ENOENT, 1))));
        assertThat(ExitRecord.parse("0 1 0 0 0\n").failure()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0 1 0 0", "0 1 0 0 x", "0 1 0 0 0 0"})
    void aDamagedRecordIsNamed(String text, @TempDir Path directory) throws Exception {
        assertThat(ExitRecord.read(directory)).isEmpty();
        Files.writeString(directory.resolve(ExitRecord.FILE), text);
        assertThatThrownBy(() -> ExitRecord.read(directory))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(directory.resolve("exit").toString());
    }
}
