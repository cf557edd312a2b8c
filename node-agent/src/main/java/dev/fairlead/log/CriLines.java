package dev.fairlead.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Raw output to the kubelet's log format: {@code <RFC 3339 time> <stream> <F|P> <content>\n}. P says that the next entry of the stream
 * continues the line. The same input and time give the same bytes.
 *
 * <p>Lines of one batch are a nanosecond apart: collectors that drop equal lines of equal time would drop real ones otherwise.
 */
final class CriLines {
    /** A longer line is written in pieces of this many bytes, as containerd and CRI-O do. */
    static final int MAX_CONTENT = 16 * 1024;

    private static final DateTimeFormatter TO_SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.");
    private static final int FRACTION_DIGITS = 9;

    private final ByteBuffer output;
    private final byte[] prefix;
    private final int fractionEnd;
    private final int tagAt;
    private final Sink sink;
    private LogTime second;

    /** Takes formatted bytes, in order. */
    @FunctionalInterface
    interface Sink {
        /** Takes all that remains in {@code bytes}. */
        void write(ByteBuffer bytes) throws IOException;
    }

    /** {@code output}: borrowed, has room for the longest entry, and may be written to {@code sink} many times. */
    CriLines(ByteBuffer output, StreamName stream, LogTime first, Sink sink) {
        this.output = output;
        this.sink = sink;
        second = new LogTime(first.seconds(), 0);
        prefix = (seconds(second) + "%09dZ ".formatted(first.nanos()) + stream.word() + " F ")
                .getBytes(StandardCharsets.US_ASCII);
        fractionEnd = seconds(second).length() + FRACTION_DIGITS;
        tagAt = prefix.length - 2;
    }

    /**
     * How many of the first {@code length} bytes can be written: whole lines, and whole pieces of a line that is too long.
     * @param last whether nothing will follow, so that all can
     */
    static int writable(byte[] bytes, int length, boolean last) {
        if (last) {
            return length;
        }
        int end = length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        // Exactly a full piece is left: an end of line may follow, and then it is the last one.
        while (length - end > MAX_CONTENT) {
            end += MAX_CONTENT;
        }
        return end;
    }

    /**
     * Writes the first {@code length} bytes, which {@link #writable} gave.
     * @return how many entries that were
     */
    int write(byte[] bytes, int length) throws IOException {
        output.clear();
        int entries = 0;
        for (int at = 0; at < length; entries++) {
            int limit = Math.min(length, at + MAX_CONTENT);
            int end = at;
            while (end < limit && bytes[end] != '\n') {
                end++;
            }
            // A full piece right before an end of line is the line's last piece.
            boolean whole = end < length && bytes[end] == '\n';
            entry(bytes, at, end - at, whole);
            at = whole ? end + 1 : end;
        }
        flush();
        return entries;
    }

    private void entry(byte[] bytes, int offset, int length, boolean whole) throws IOException {
        if (output.remaining() < prefix.length + length + 1) {
            flush();
        }
        prefix[tagAt] = (byte) (whole ? 'F' : 'P');
        output.put(prefix).put(bytes, offset, length).put((byte) '\n');
        tick();
    }

    private void flush() throws IOException {
        output.flip();
        sink.write(output);
        output.clear();
    }

    /** Adds a nanosecond, in the text. */
    private void tick() {
        for (int digit = fractionEnd - 1; digit >= fractionEnd - FRACTION_DIGITS; digit--) {
            if (prefix[digit] != '9') {
                prefix[digit]++;
                return;
            }
            prefix[digit] = '0';
        }
        second = new LogTime(second.seconds() + 1, 0);
        byte[] text = seconds(second).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, prefix, 0, text.length);
    }

    private static String seconds(LogTime time) {
        return TO_SECONDS.format(LocalDateTime.ofEpochSecond(time.seconds(), 0, ZoneOffset.UTC));
    }
}
