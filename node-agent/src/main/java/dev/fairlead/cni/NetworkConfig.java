package dev.fairlead.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A network as configured: a list of plugins that each take the result of the one before.
 *
 * @param versions those of the specification it may be run with, the newest first
 * @param disableCheck whether CHECK shall do nothing
 * @param disableGc whether garbage may not be collected, since another runtime uses the network too
 * @param inlinedOnly whether plugins must not be added from a directory of the network's name
 */
record NetworkConfig(
        String name,
        List<CniVersion> versions,
        boolean disableCheck,
        boolean disableGc,
        boolean inlinedOnly,
        List<PluginConfig> plugins) {
    /** Strict about what follows the object: a second one in the same file would be ignored silently. */
    static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** As CNI's specification, section 1; a name becomes part of file names. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    /**
     * One plugin's part.
     * @param type the name of its program
     * @param capabilities what of the runtime's knowledge it wants
     * @param json all of it, not to be changed
     */
    record PluginConfig(String type, Set<String> capabilities, ObjectNode json) {
        static PluginConfig of(JsonNode node, String where) {
            if (!(node instanceof ObjectNode object)) {
                throw new IllegalArgumentException(where + " is not an object");
            }
            String type = text(object, "type", where);
            if (type.contains("/") || type.startsWith(".")) {
                throw new IllegalArgumentException(
                        where + ": type \"" + type + "\" is a path, not the name of a plugin");
            }
            Set<String> capabilities = new TreeSet<>();
            object.path("capabilities").properties().forEach(entry -> {
                if (entry.getValue().asBoolean()) {
                    capabilities.add(entry.getKey());
                }
            });
            return new PluginConfig(type, capabilities, object);
        }
    }

    NetworkConfig {
        versions = List.copyOf(versions);
        plugins = List.copyOf(plugins);
    }

    /**
     * Reads a list of plugins (conflist), or the one plugin that configurations before 1.0.0 could consist of.
     * @throws IllegalArgumentException says which field is wrong
     */
    static NetworkConfig parse(byte[] source) {
        try {
            if (!(JSON.readTree(source) instanceof ObjectNode object)) {
                throw new IllegalArgumentException("not a JSON object");
            }
            return parse(object);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static NetworkConfig parse(ObjectNode object) {
        String name = text(object, "name", "the configuration");
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name \"" + name + "\": only letters, digits, dots, dashes and underscores");
        }
        List<PluginConfig> plugins = new ArrayList<>();
        if (object.has("plugins")) {
            JsonNode list = object.get("plugins");
            if (!list.isArray()) {
                throw new IllegalArgumentException("plugins is not a list");
            }
            for (JsonNode plugin : list) {
                plugins.add(PluginConfig.of(plugin, "plugins[" + plugins.size() + "]"));
            }
        } else if (object.has("type")) {
            plugins.add(PluginConfig.of(object, "the configuration"));
        }
        return new NetworkConfig(
                name,
                versions(object),
                object.path("disableCheck").asBoolean(),
                object.path("disableGC").asBoolean(),
                object.path("loadOnlyInlinedPlugins").asBoolean(),
                plugins);
    }

    private static List<CniVersion> versions(ObjectNode object) {
        Set<CniVersion> named = new TreeSet<>(Comparator.reverseOrder());
        object.path("cniVersions").forEach(version -> named.add(CniVersion.parse(version.asText())));
        if (object.has("cniVersion") || named.isEmpty()) {
            named.add(CniVersion.parse(text(object, "cniVersion", "the configuration")));
        }
        List<CniVersion> usable =
                named.stream().filter(CniVersion.SUPPORTED::contains).toList();
        if (usable.isEmpty()) {
            throw new IllegalArgumentException("cniVersion " + named + ": supported are " + CniVersion.SUPPORTED);
        }
        return usable;
    }

    private static String text(ObjectNode object, String field, String where) {
        JsonNode value = object.get(field);
        if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
            throw new IllegalArgumentException(where + ": " + field + " is missing");
        }
        return value.textValue();
    }

    /** With further plugins behind its own. */
    NetworkConfig plus(List<PluginConfig> more) {
        List<PluginConfig> all = new ArrayList<>(plugins);
        all.addAll(more);
        return new NetworkConfig(name, versions, disableCheck, disableGc, inlinedOnly, all);
    }

    /** With one version out of its own. */
    NetworkConfig with(CniVersion version) {
        return new NetworkConfig(name, List.of(version), disableCheck, disableGc, inlinedOnly, plugins);
    }

    /** The version to run with, once there is one. */
    CniVersion version() {
        return versions.getFirst();
    }

    /** As a conflist that gives an equal object when it is read. */
    ObjectNode toJson() {
        ObjectNode json = JSON.createObjectNode();
        json.put("cniVersion", versions.getFirst().toString());
        json.put("name", name);
        json.put("disableCheck", disableCheck);
        json.put("disableGC", disableGc);
        json.put("loadOnlyInlinedPlugins", true);
        ArrayNode list = json.putArray("plugins");
        plugins.forEach(plugin -> list.add(plugin.json()));
        return json;
    }
}
