package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CriLinesTest {
    private static final int MAX = CriLines.MAX_CONTENT;
    private static final LogTime NOON = LogTime.of(Instant.parse("2026-03-01T12:00:00.5Z"));

    private static byte[] line(int length, boolean ended) {
        return ("x".repeat(length) + (ended ? "\n" : "")).getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> format(byte[] bytes, LogTime time, int room) throws IOException {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        new CriLines(ByteBuffer.allocate(room), StreamName.STDERR, time, chunk -> {
                    byte[] copy = new byte[chunk.remaining()];
                    chunk.get(copy);
                    log.write(copy);
                })
                .write(bytes, bytes.length);
        return log.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @ParameterizedTest(name = "a line of {0}, end of line {1}, end of stream {2}: {3} can be written, as {4}")
    @CsvSource(textBlock = """
            10,    true,  false, 11,    F10
            10,    false, false, 0,     ''
            10,    false, true,  10,    P10
            0,     true,  false, 1,     F0
            16384, true,  false, 16385, F16384
            16384, false, false, 0,     ''
            16384, false, true,  16384, P16384
            16385, false, false, 16384, P16384
            16385, true,  false, 16386, P16384 F1
            32768, true,  false, 32769, P16384 F16384
            32768, false, false, 16384, P16384
            32769, false, false, 32768, P16384 P16384
            """)
    void longLinesAreSplitAsContainerdSplitsThem(int length, boolean ended, boolean last, int writable, String entries)
            throws IOException {
        byte[] bytes = line(length, ended);
        assertThat(CriLines.writable(bytes, bytes.length, last)).isEqualTo(writable);
        byte[] part = Arrays.copyOf(bytes, writable);
        assertThat(format(part, NOON, MAX + 100).stream().map(CriLinesTest::summary))
                .containsExactlyElementsOf(Stream.of(entries.split(" "))
                        .filter(entry -> !entry.isEmpty())
                        .toList());
    }

    private static String summary(String entry) {
        String[] fields = entry.split(" ", 4);
        return fields[2] + fields[3].length();
    }

    @Test
    void anEntryIsTimeStreamTagAndTheBytesAsTheyAre() throws IOException {
        assertThat(format("one\r\n\ntwo  words \n".getBytes(StandardCharsets.UTF_8), NOON, MAX + 100))
                .containsExactly(
                        "2026-03-01T12:00:00.500000000Z stderr F one",
                        "2026-03-01T12:00:00.500000001Z stderr F ",
                        "2026-03-01T12:00:00.500000002Z stderr F two  words ");
    }

    @Test
    void theNanosecondBetweenLinesCarriesIntoTheNextDay() throws IOException {
        LogTime midnight = LogTime.of(Instant.parse("2026-12-31T23:59:59.999999999Z"));
        assertThat(format("a\nb\n".getBytes(StandardCharsets.UTF_8), midnight, MAX + 100))
                .containsExactly(
                        "2026-12-31T23:59:59.999999999Z stderr F a", "2027-01-01T00:00:00.000000000Z stderr F b");
    }

    @Test
    void aSmallOutputBufferIsEmptiedBetweenEntries() throws IOException {
        byte[] many = "0123456789\n".repeat(5_000).getBytes(StandardCharsets.UTF_8);
        assertThat(format(many, NOON, 128)).hasSize(5_000).allMatch(entry -> entry.endsWith(" F 0123456789"));
    }
}
