package dev.fairlead.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fairlead.linux.Pty.WindowSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The messages of a resize stream, which follow each other without a separator. */
final class WindowSizes {
    private static final ObjectReader READER = new ObjectMapper().readerFor(JsonNode.class);
    private static final int LARGEST = 0xffff;

    private WindowSizes() {}

    /** One message. */
    static byte[] write(WindowSize size) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("Width", size.columns())
                .put("Height", size.rows())
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads one message; empty where it says no size that a terminal can have.
     * @throws JsonProcessingException it is no JSON
     */
    static Optional<WindowSize> parse(byte[] message) throws IOException {
        JsonNode last = null;
        try (var values = READER.<JsonNode>readValues(message)) {
            while (values.hasNextValue()) {
                last = values.nextValue(); // a client that sends faster than we read: the newest counts
            }
        }
        if (last == null) {
            return Optional.empty();
        }
        int rows = last.path("Height").asInt();
        int columns = last.path("Width").asInt();
        boolean sensible = rows > 0 && columns > 0 && rows <= LARGEST && columns <= LARGEST;
        return sensible ? Optional.of(new WindowSize(rows, columns)) : Optional.empty();
    }
}
