package dev.fairlead.e2e.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The pods of a kubelet without a cluster: manifests in a directory. */
record StaticPods(Kubelet kubelet) {
    private static final String NODE = "fairlead-node";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Gives the kubelet a pod with this {@code spec}, of YAML. */
    PodOnNode run(String name, String spec) {
        return run(name, "{ app: " + name + " }", spec);
    }

    PodOnNode run(String name, String labels, String spec) {
        String manifest = """
                apiVersion: v1
                kind: Pod
                metadata: { name: %s, labels: %s }
                spec:
                %s""".formatted(name, labels, spec.indent(2));
        return put(name, manifest);
    }

    /** Gives the kubelet this manifest, of a pod in the namespace default. */
    PodOnNode put(String name, String manifest) {
        try {
            Path hidden = kubelet.directory().resolve("." + name);
            Files.writeString(hidden, manifest);
            Files.move(hidden, file(name)); // never seen half written
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String full = name + "-" + NODE;
        return new PodOnNode("default", full, () -> find(full));
    }

    void remove(String name) {
        try {
            Files.delete(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String name) {
        return kubelet.directory().resolve("static-pods").resolve(name + ".yaml");
    }

    private JsonNode find(String name) {
        for (JsonNode pod : json("/pods").path("items")) {
            if (pod.at("/metadata/name").asText().equals(name)) {
                return pod;
            }
        }
        return MissingNode.getInstance();
    }

    JsonNode json(String path) {
        String body = kubelet.get(path);
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError(path + " of the kubelet is no JSON: " + body, e);
        }
    }
}
