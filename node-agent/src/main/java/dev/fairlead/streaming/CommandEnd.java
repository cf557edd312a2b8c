package dev.fairlead.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** How a command ended, as the client is told on the error stream. */
sealed interface CommandEnd {
    /** With exit code 0; of an attachment: the container's output has ended. */
    record Succeeded() implements CommandEnd {}

    /** With another exit code, 1 to 255. */
    record Exited(int code) implements CommandEnd {}

    /** It could not be run, or not to its end. */
    record Failed(String message) implements CommandEnd {}

    /** A {@code v1.Status} (meta/v1, Status), which is what protocols since v4 want. */
    default byte[] asStatus() {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.putObject("metadata");
        switch (this) {
            case Succeeded _ -> status.put("status", "Success");
            case Exited(int code) -> {
                failure(status, "command terminated with non-zero exit code: exit status " + code, "NonZeroExitCode");
                cause(status, Integer.toString(code)).put("reason", "ExitCode");
            }
            case Failed(String message) -> {
                failure(status, message, "InternalError");
                cause(status, message);
                status.put("code", 500);
            }
        }
        return status.toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads a {@code v1.Status}.
     * @throws IOException it is none
     */
    static CommandEnd parse(byte[] message) throws IOException {
        JsonNode status = new ObjectMapper().readTree(message);
        if (status.path("status").asText().equals("Success")) {
            return new Succeeded();
        }
        if (!status.path("status").asText().equals("Failure")) {
            throw new IOException("no v1.Status: " + new String(message, StandardCharsets.UTF_8));
        }
        for (JsonNode cause : status.path("details").path("causes")) {
            if (cause.path("reason").asText().equals("ExitCode")) {
                return new Exited(cause.path("message").asInt());
            }
        }
        return new Failed(status.path("message").asText());
    }

    private static void failure(ObjectNode status, String message, String reason) {
        status.put("status", "Failure").put("message", message).put("reason", reason);
    }

    private static ObjectNode cause(ObjectNode status, String message) {
        return status.putObject("details").putArray("causes").addObject().put("message", message);
    }

    /** Words, as the older protocols want them; empty where all went well. */
    default byte[] asText() {
        String text = switch (this) {
            case Succeeded _ -> "";
            case Exited(int code) -> "command terminated with non-zero exit code: exit status " + code;
            case Failed(String message) -> message;
        };
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
