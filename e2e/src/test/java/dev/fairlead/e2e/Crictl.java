package dev.fairlead.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fairlead.e2e.Command.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** crictl, talking to one daemon. */
public record Crictl(Path socket) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Runs {@code crictl arguments...}, which must succeed; returns what it prints. */
    public String run(String... arguments) {
        return result(arguments).output();
    }

    public Result result(String... arguments) {
        List<String> command = new ArrayList<>(List.of("crictl"));
        command.addAll(List.of(arguments));
        return Command.run(environment(), command);
    }

    /** Runs a line of shell in which crictl, and our own commands, find the daemon. */
    public Result shell(String line) {
        return Command.run(environment(), List.of("sh", "-c", line));
    }

    private Map<String, String> environment() {
        String endpoint = "unix://" + socket;
        return Map.of(
                "CONTAINER_RUNTIME_ENDPOINT", endpoint,
                "IMAGE_SERVICE_ENDPOINT", endpoint,
                "FAIRLEAD_SOCKET", socket.toString());
    }

    public JsonNode json(String... arguments) {
        try {
            return JSON.readTree(run(arguments));
        } catch (JsonProcessingException e) {
            throw new AssertionError("crictl " + List.of(arguments) + " printed no JSON", e);
        }
    }
}
