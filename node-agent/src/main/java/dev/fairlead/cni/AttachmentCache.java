package dev.fairlead.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a DEL or CHECK needs, on disk: a file for each attachment, in libcni's cache format, but in a directory of our own, where the
 * garbage collection of another runtime on the node does not find our pods. Not in /run: leases of addresses survive a reboot, and so must
 * the knowledge of how to give them back.
 */
final class AttachmentCache {
    private static final System.Logger LOG = System.getLogger(AttachmentCache.class.getName());
    private static final String KIND = "cniCacheV1";
    private static final String NEW = ".new";

    private final Path directory;

    AttachmentCache(Path directory) {
        this.directory = directory;
    }

    /**
     * One attachment.
     * @param config as it was at its ADD, with the one version it was run with
     * @param networkNamespace may be gone by now
     * @param result of ADD; none: ADD had not ended when this was written
     */
    record Entry(
            NetworkConfig config,
            String containerId,
            String interfaceName,
            String networkNamespace,
            Map<String, String> arguments,
            Map<String, JsonNode> capabilities,
            Optional<ObjectNode> result) {
        Entry with(ObjectNode newResult) {
            return new Entry(
                    config,
                    containerId,
                    interfaceName,
                    networkNamespace,
                    arguments,
                    capabilities,
                    Optional.of(newResult));
        }
    }

    void write(Entry entry) throws IOException {
        Files.createDirectories(directory);
        Path file = file(entry);
        Path fresh = file.resolveSibling(file.getFileName() + NEW);
        // Not synced: a power cut loses it together with the leases that host-local does not sync either.
        Files.write(fresh, NetworkConfig.JSON.writeValueAsBytes(toJson(entry)));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    void remove(Entry entry) throws IOException {
        Files.deleteIfExists(file(entry));
    }

    /** Removes what was being written when a daemon was killed: what it was to replace, if anything, is there. */
    void removeUnfinished() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(directory, "*" + NEW)) {
            for (Path file : unfinished) {
                Files.delete(file);
            }
        }
    }

    /** Those of one pod; more than one where the network was renamed in between. */
    List<Entry> of(String containerId) throws IOException {
        return list("*-" + containerId + "-*").stream()
                .filter(entry -> entry.containerId().equals(containerId))
                .toList();
    }

    /** All that can be read; what cannot is named in the log, and left alone. */
    List<Entry> all() throws IOException {
        return list("*");
    }

    private List<Entry> list(String pattern) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> listed = Files.newDirectoryStream(directory, pattern)) {
            for (Path file : listed) {
                if (!file.toString().endsWith(NEW)) {
                    files.add(file);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        }
        Collections.sort(files);
        List<Entry> entries = new ArrayList<>();
        for (Path file : files) {
            try {
                entries.add(fromJson(NetworkConfig.JSON.readTree(Files.readAllBytes(file))));
            } catch (NoSuchFileException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: detached meanwhile", file);
            } catch (IOException | IllegalArgumentException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "network attachment {0} cannot be read: {1}",
                        file,
                        e.getMessage());
            }
        }
        return entries;
    }

    private Path file(Entry entry) {
        return directory.resolve(entry.config().name() + "-" + entry.containerId() + "-" + entry.interfaceName());
    }

    private static ObjectNode toJson(Entry entry) throws IOException {
        ObjectNode json = NetworkConfig.JSON.createObjectNode();
        json.put("kind", KIND);
        json.put("containerId", entry.containerId());
        json.put("config", NetworkConfig.JSON.writeValueAsBytes(entry.config().toJson()));
        json.put("ifName", entry.interfaceName());
        json.put("networkName", entry.config().name());
        json.put("netns", entry.networkNamespace());
        ArrayNode arguments = json.putArray("cniArgs");
        entry.arguments().forEach((key, value) -> arguments.addArray().add(key).add(value));
        ObjectNode capabilities = json.putObject("capabilityArgs");
        entry.capabilities().forEach(capabilities::set);
        entry.result().ifPresent(result -> json.set("result", result));
        return json;
    }

    private static Entry fromJson(JsonNode json) throws IOException {
        if (!json.path("kind").asText().equals(KIND)) {
            throw new IllegalArgumentException("kind is \"" + json.path("kind").asText() + "\", not " + KIND);
        }
        Map<String, String> arguments = new LinkedHashMap<>();
        json.path("cniArgs")
                .forEach(pair ->
                        arguments.put(pair.path(0).asText(), pair.path(1).asText()));
        Map<String, JsonNode> capabilities = new TreeMap<>();
        json.path("capabilityArgs")
                .properties()
                .forEach(property -> capabilities.put(property.getKey(), property.getValue()));
        return new Entry(
                NetworkConfig.parse(json.path("config").binaryValue()),
                json.path("containerId").asText(),
                json.path("ifName").asText(),
                json.path("netns").asText(),
                arguments,
                capabilities,
                json.path("result") instanceof ObjectNode result ? Optional.of(result) : Optional.empty());
    }
}
