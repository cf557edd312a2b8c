package dev.fairlead.kubernetes;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A Pod as its author wrote it, with the defaults of the API server filled in, and the ConfigMaps and Secrets that came with it.
 *
 * <p>Fields that the API does not have are errors: a misspelled {@code securityContext} must not start a container with more rights than
 * its author meant.
 */
public final class Manifest {
    private static final ObjectMapper STRICT = strictMapper();

    private final Pod pod;
    private final ConfigSources sources;

    private Manifest(Pod pod, ConfigSources sources) {
        this.pod = pod;
        this.sources = sources;
    }

    /**
     * Reads a manifest.
     * @param file YAML or JSON with one Pod, and any number of ConfigMaps and Secrets
     * @param from more files of ConfigMaps and Secrets, or directories: each is one of both, its files are the keys
     * @throws ManifestException where the text is no Pod that can be run
     */
    public static Manifest read(Path file, List<Path> from) throws IOException {
        return parse(Files.readString(file), file.toString(), from);
    }

    /** As {@link #read}, from text; {@code name} is what messages call it. */
    public static Manifest parse(String text, String name, List<Path> from) throws IOException {
        try {
            return parsed(text, name, from);
        } catch (ManifestException e) {
            String message = String.valueOf(e.getMessage());
            throw message.startsWith(name) ? e : new ManifestException(name, message, e);
        }
    }

    private static Manifest parsed(String text, String name, List<Path> from) throws IOException {
        ConfigSources sources = new ConfigSources();
        List<Pod> pods = new ArrayList<>();
        for (Map<?, ?> document : documents(text, name)) {
            if ("Pod".equals(document.get("kind"))) {
                pods.add(convert(document, Pod.class, name));
            } else {
                addSource(sources, document, name);
            }
        }
        for (Path source : from) {
            if (Files.isDirectory(source)) {
                sources.addDirectory(source);
            } else {
                for (Map<?, ?> document : documents(Files.readString(source), source.toString())) {
                    addSource(sources, document, source.toString());
                }
            }
        }
        if (pods.size() != 1) {
            throw new ManifestException(
                    name,
                    pods.isEmpty() ? "has no Pod" : "has " + pods.size() + " Pods: give one a file, and run each");
        }
        Pod pod = PodDefaults.apply(pods.getFirst());
        PodValidation.check(pod);
        return new Manifest(pod, sources);
    }

    /** The Pod, with a uid and without open defaults. */
    public Pod pod() {
        return pod;
    }

    /** The names of all images, each once. */
    public SequencedSet<String> images() {
        return Containers.all(pod).stream()
                .map(Container::getImage)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    ConfigSources sources() {
        return sources;
    }

    private static void addSource(ConfigSources sources, Map<?, ?> document, String name) {
        String kind = document.get("kind") instanceof String text ? text : "";
        switch (kind) {
            case "ConfigMap" -> sources.add(convert(document, ConfigMap.class, name));
            case "Secret" -> sources.add(convert(document, Secret.class, name));
            case "Pod" ->
                throw new ManifestException(name, "a Pod among the files of --from: they take ConfigMaps and Secrets");
            case "" -> throw new ManifestException(name, "a document without kind");
            default ->
                throw new ManifestException(
                        name,
                        "kind " + kind + ": only a Pod can be run"
                                + (isWorkload(kind) ? ", such as spec.template of this one" : ""));
        }
    }

    private static boolean isWorkload(String kind) {
        return List.of("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job")
                .contains(kind);
    }

    private static List<Map<?, ?>> documents(String text, String name) {
        List<Map<?, ?>> documents = new ArrayList<>();
        try {
            for (Object document : new Load(LoadSettings.builder()
                            .setLabel(name)
                            .setSchema(new YamlSchema())
                            .build())
                    .loadAllFromString(text)) {
                switch (document) {
                    case null -> {} // an empty document, as behind a last "---"
                    case Map<?, ?> map -> documents.add(map);
                    default -> throw new ManifestException(name, "a document that is no object");
                }
            }
        } catch (YamlEngineException e) {
            throw new ManifestException(name, "is no YAML: " + e.getMessage(), e);
        }
        return documents;
    }

    private static <T> T convert(Map<?, ?> document, Class<T> type, String name) {
        try {
            return STRICT.convertValue(document, type);
        } catch (IllegalArgumentException e) {
            throw switch (e.getCause()) {
                case UnrecognizedPropertyException unknown ->
                    new ManifestException(path(unknown), "no such field in " + describe(unknown), e);
                case JsonMappingException bad -> new ManifestException(path(bad), bad.getOriginalMessage(), e);
                case null, default -> new ManifestException(name, String.valueOf(e.getMessage()), e);
            };
        }
    }

    private static String describe(UnrecognizedPropertyException unknown) {
        String known = unknown.getKnownPropertyIds().stream()
                .map(Object::toString)
                .sorted()
                .collect(Collectors.joining(", "));
        return unknown.getReferringClass().getSimpleName() + ", which has " + known;
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() == null) {
                path.append('[').append(step.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            }
        }
        return path.toString();
    }

    private static ObjectMapper strictMapper() {
        return new ObjectMapper()
                .setAnnotationIntrospector(new WithoutAnySetters())
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }

    /** The model's classes keep unknown fields in a map; without that, Jackson refuses them. */
    private static final class WithoutAnySetters extends JacksonAnnotationIntrospector {
        private static final long serialVersionUID = 1L;

        @Override
        public Boolean hasAnySetter(Annotated method) {
            return false;
        }

        @Override
        public Boolean hasAnyGetter(Annotated method) {
            return false;
        }
    }

    static String utf8(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
