package dev.fairlead.e2e.kube;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.e2e.ContainerLog;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A pod that the node's kubelet runs.
 *
 * @param source the Pod as JSON, as its owner sees it now; a missing node if there is none any more
 */
record PodOnNode(String namespace, String name, Supplier<JsonNode> source) {
    private static final Duration LONGEST = Duration.ofSeconds(150);
    private static final Path LOGS = Path.of("/var/log/pods");

    JsonNode status() {
        return source.get().path("status");
    }

    /** Waits until its status satisfies {@code enough}; returns it. */
    JsonNode await(String what, Predicate<JsonNode> enough) {
        return Wait.until(name + ": " + what, LONGEST, this::status, enough, Duration.ofMillis(200));
    }

    JsonNode awaitReady() {
        return await("is ready", status -> condition(status, "Ready"));
    }

    JsonNode awaitPhase(String phase) {
        return await("is " + phase, status -> status.path("phase").asText().equals(phase));
    }

    void awaitGone() {
        Wait.until(name + " is gone", LONGEST, source, JsonNode::isMissingNode, Duration.ofMillis(200));
    }

    /** Waits until {@code container}'s status satisfies {@code enough}; returns it. */
    JsonNode awaitContainer(String container, String what, Predicate<JsonNode> enough) {
        JsonNode status = await("container " + container + " " + what, now -> enough.test(container(now, container)));
        return container(status, container);
    }

    static boolean condition(JsonNode status, String type) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText().equals("True");
            }
        }
        return false;
    }

    /** The status of a container, an init container or an ephemeral one; a missing node if there is none. */
    static JsonNode container(JsonNode status, String name) {
        for (String kind : List.of("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")) {
            for (JsonNode container : status.path(kind)) {
                if (container.path("name").asText().equals(name)) {
                    return container;
                }
            }
        }
        return status.path("no such container");
    }

    /** What {@code container} has printed to its standard output in its newest attempt, or in those of its files that {@code attempt} begins. */
    List<String> log(String container, int attempt) {
        return ContainerLog.read(logDirectory().resolve(container).resolve(attempt + ".log"))
                .stdout();
    }

    List<String> log(String container) {
        return log(container, 0);
    }

    /** Waits until {@code container}'s first log has {@code line}; returns all of it. */
    List<String> awaitLog(String container, String line) {
        return Wait.until(
                container + " of " + name + " prints \"" + line + "\"",
                LONGEST,
                () -> log(container),
                lines -> lines.contains(line),
                Duration.ofMillis(200));
    }

    /** The directory of its logs; one that does not exist while it has none. */
    Path logDirectory() {
        try (Stream<Path> directories = Files.list(LOGS)) {
            String prefix = namespace + "_" + name + "_";
            return directories
                    .filter(path -> path.getFileName().toString().startsWith(prefix))
                    .findFirst()
                    .orElse(LOGS.resolve(prefix));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of a container that the status has one of. */
    String containerId(String container) {
        String id = container(status(), container).path("containerID").asText();
        if (id.isEmpty()) {
            throw new AssertionError("container " + container + " of " + name + " has no id yet");
        }
        return id.replaceFirst(".*://", "");
    }
}
