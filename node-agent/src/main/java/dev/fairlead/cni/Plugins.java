package dev.fairlead.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.cni.NetworkConfig.PluginConfig;
import dev.fairlead.linux.ShortProcess.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The plugins' programs: finds them, asks them what they can do, once, and runs them. */
final class Plugins {
    private static final int MAX_STDERR = 2_000;

    private final List<Path> directories;
    private final Duration limit;
    private final Map<Path, Probe> probes = new ConcurrentHashMap<>();

    /** What a program said of itself, as long as it is the same program. */
    private record Probe(FileTime modified, long size, Set<CniVersion> versions) {}

    /**
     * Plugins in these directories.
     * @param limit how long one may take; then it is killed
     */
    Plugins(List<Path> directories, Duration limit) {
        this.directories = List.copyOf(directories);
        this.limit = limit;
    }

    /** The attachment that a command is about: CNI_CONTAINERID and so on; empty for STATUS, GC and VERSION. */
    record Subject(String containerId, String networkNamespace, String interfaceName, Map<String, String> arguments) {
        static final Subject NONE = new Subject("", "", "", Map.of());
    }

    /**
     * Runs one plugin.
     * @return what it printed, none for the commands that print nothing
     * @throws CniException with the plugin's words
     */
    Optional<ObjectNode> run(Command command, PluginConfig plugin, Subject subject, ObjectNode input)
            throws IOException {
        Path program = find(command, plugin.type());
        Output output;
        try {
            output = PluginProcess.run(
                    program, environment(command, subject), NetworkConfig.JSON.writeValueAsBytes(input), limit);
        } catch (TimeoutException e) {
            throw failure(command, plugin.type(), "did not end within " + limit.toSeconds() + " s and was killed", e);
        } catch (IOException e) {
            throw failure(command, plugin.type(), String.valueOf(e.getMessage()), e);
        }
        JsonNode answer = parse(output.stdout());
        if (output.status() != 0) {
            throw error(command, plugin.type(), output, answer);
        }
        if (answer instanceof ObjectNode object) {
            return Optional.of(object);
        }
        if (command == Command.ADD || command == Command.VERSION) {
            throw failure(command, plugin.type(), "succeeded without a result in JSON", null);
        }
        return Optional.empty();
    }

    private static CniException failure(Command command, String plugin, String msg, @Nullable Exception cause) {
        CniException failure = new CniException(command, plugin, CniException.NO_ANSWER, msg, "");
        if (cause != null) {
            failure.initCause(cause);
        }
        return failure;
    }

    private static CniException error(Command command, String plugin, Output output, JsonNode answer) {
        String msg = answer.path("msg").asText();
        if (!msg.isEmpty()) {
            return new CniException(
                    command,
                    plugin,
                    answer.path("code").asInt(),
                    msg,
                    answer.path("details").asText());
        }
        String stderr = output.stderr().strip();
        String words = stderr.length() <= MAX_STDERR ? stderr : stderr.substring(0, MAX_STDERR) + " ...";
        return new CniException(
                command,
                plugin,
                CniException.NO_ANSWER,
                "ended with status " + output.status() + " and no error in JSON"
                        + (words.isEmpty() ? "" : ": " + words),
                "");
    }

    private static JsonNode parse(String stdout) throws IOException {
        try {
            return NetworkConfig.JSON.readTree(stdout);
        } catch (JsonProcessingException e) {
            return NetworkConfig.JSON.missingNode();
        }
    }

    private Map<String, String> environment(Command command, Subject subject) {
        Map<String, String> environment = new HashMap<>();
        environment.put("CNI_COMMAND", command.name());
        environment.put("CNI_PATH", path());
        environment.put("CNI_CONTAINERID", subject.containerId());
        environment.put("CNI_NETNS", subject.networkNamespace());
        environment.put("CNI_IFNAME", subject.interfaceName());
        environment.put(
                "CNI_ARGS",
                subject.arguments().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining(";")));
        return environment;
    }

    private String path() {
        return directories.stream().map(Path::toString).collect(Collectors.joining(":"));
    }

    private Path find(Command command, String type) throws CniException {
        for (Path directory : directories) {
            Path program = directory.resolve(type);
            if (Files.isExecutable(program) && Files.isRegularFile(program)) {
                return program;
            }
        }
        throw failure(command, type, "no such program in " + path(), null);
    }

    /**
     * The newest version that we, the configuration and all its plugins speak.
     * @throws CniException a plugin is missing, or does not speak any of them
     */
    CniVersion negotiate(NetworkConfig config) throws IOException {
        Set<CniVersion> common = new TreeSet<>(config.versions());
        for (PluginConfig plugin : config.plugins()) {
            Set<CniVersion> spoken = versions(plugin);
            common.retainAll(spoken);
            if (common.isEmpty()) {
                throw failure(
                        Command.VERSION,
                        plugin.type(),
                        "speaks CNI " + spoken + ", and network " + config.name() + " is for " + config.versions(),
                        null);
            }
        }
        return ((TreeSet<CniVersion>) common).last();
    }

    private Set<CniVersion> versions(PluginConfig plugin) throws IOException {
        Path program = find(Command.VERSION, plugin.type());
        BasicFileAttributes attributes = Files.readAttributes(program, BasicFileAttributes.class);
        Probe known = probes.get(program);
        if (known != null
                && known.modified().equals(attributes.lastModifiedTime())
                && known.size() == attributes.size()) {
            return known.versions();
        }
        ObjectNode question = NetworkConfig.JSON.createObjectNode();
        question.put("cniVersion", CniVersion.SUPPORTED.getLast().toString());
        ObjectNode answer = run(Command.VERSION, plugin, Subject.NONE, question).orElseThrow();
        Set<CniVersion> versions = new TreeSet<>();
        answer.path("supportedVersions").forEach(version -> versions.add(CniVersion.parse(version.asText())));
        probes.put(program, new Probe(attributes.lastModifiedTime(), attributes.size(), versions));
        return versions;
    }
}
