package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** ConfigMaps and Secrets that a pod may refer to, by name: the part of a cluster that a manifest needs from elsewhere. */
final class ConfigSources {
    /** Which of the two a reference means; they have names of their own. */
    enum Kind {
        CONFIG_MAP("ConfigMap"),
        SECRET("Secret");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    private final Map<String, Map<String, byte[]>> configMaps = new HashMap<>();
    private final Map<String, Map<String, byte[]>> secrets = new HashMap<>();

    /** The keys and values of one object, sorted by key; empty where no file gave it. */
    Optional<Map<String, byte[]>> find(Kind kind, String name) {
        return Optional.ofNullable(
                switch (kind) {
                    case CONFIG_MAP -> configMaps.get(name);
                    case SECRET -> secrets.get(name);
                });
    }

    /**
     * As {@link #find}, for a reference that must be met unless it is optional.
     * @param field the reference, for the message
     */
    Optional<Map<String, byte[]>> resolve(Kind kind, String name, boolean optional, String field) {
        Optional<Map<String, byte[]>> found = find(kind, name);
        if (found.isEmpty() && !optional) {
            throw new ManifestException(
                    field,
                    "no " + kind.word() + " \"" + name
                            + "\": give its manifest, or a directory of this name with a file a key, by --from");
        }
        return found;
    }

    void add(ConfigMap map) {
        Map<String, byte[]> values = new TreeMap<>();
        if (map.getData() != null) {
            map.getData().forEach((key, text) -> values.put(key, text.getBytes(StandardCharsets.UTF_8)));
        }
        if (map.getBinaryData() != null) {
            map.getBinaryData().forEach((key, base64) -> values.put(key, decode("binaryData." + key, base64)));
        }
        configMaps.put(map.getMetadata().getName(), values);
    }

    void add(Secret secret) {
        Map<String, byte[]> values = new TreeMap<>();
        if (secret.getData() != null) {
            secret.getData().forEach((key, base64) -> values.put(key, decode("data." + key, base64)));
        }
        if (secret.getStringData() != null) {
            secret.getStringData().forEach((key, text) -> values.put(key, text.getBytes(StandardCharsets.UTF_8)));
        }
        secrets.put(secret.getMetadata().getName(), values);
    }

    /** A directory is both a ConfigMap and a Secret of its name: its files are the keys. */
    void addDirectory(Path directory) throws IOException {
        Map<String, byte[]> values = new TreeMap<>();
        List<Path> files;
        try (var entries = Files.list(directory)) {
            files = entries.filter(Files::isRegularFile).toList();
        }
        for (Path file : files) {
            values.put(file.getFileName().toString(), Files.readAllBytes(file));
        }
        String name = directory.toAbsolutePath().normalize().getFileName().toString();
        configMaps.put(name, values);
        secrets.put(name, values);
    }

    private static byte[] decode(String field, String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new ManifestException(field, "is not base64: plain text belongs into stringData", e);
        }
    }
}
