package dev.fairlead.kubernetes;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * An entry of a CRI log file: {@code 2026-11-22T09:00:00.123456789Z stdout F text}.
 * @param stderr which of the two streams it came by
 * @param complete false where the container's line goes on in its next entry
 * @param text without the line's end
 */
public record LogLine(Instant time, boolean stderr, boolean complete, ByteString text) {
    /** Reads one line of a file; empty where it is none. */
    static Optional<LogLine> parse(byte[] bytes, int from, int to) {
        int stream = indexOf(bytes, from, to) + 1;
        int tag = stream == 0 ? 0 : indexOf(bytes, stream, to) + 1;
        int text = tag == 0 ? 0 : indexOf(bytes, tag, to) + 1;
        if (text == 0) {
            return Optional.empty();
        }
        try {
            Instant time = Instant.parse(ascii(bytes, from, stream - 1));
            boolean stderr = ascii(bytes, stream, tag - 1).equals("stderr");
            // The tag may have more flags behind a colon.
            boolean complete = !ascii(bytes, tag, text - 1).split(":", 2)[0].equals("P");
            return Optional.of(new LogLine(time, stderr, complete, ByteString.copyFrom(bytes, text, to - text)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private static int indexOf(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] == ' ') {
                return i;
            }
        }
        return -1;
    }

    private static String ascii(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
    }
}
