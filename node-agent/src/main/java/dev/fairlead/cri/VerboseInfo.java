package dev.fairlead.cri;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.image.Image;
import dev.fairlead.oci.OciJson;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodSandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What {@code crictl inspect} shows beyond the status: JSON for people and scripts, under the names that the peers use. */
final class VerboseInfo {
    private VerboseInfo() {}

    /**
     * The daemon's settings.
     * @param values by name, as the command line spells them
     */
    record Settings(Map<String, String> values) {
        Settings {
            values = Map.copyOf(values);
        }

        String toJson() {
            ObjectNode json = json().createObjectNode();
            new TreeMap<>(values).forEach(json::put);
            // By this name clients of containerd find it, to see whether mounts of its file system can be idmapped.
            json.put("stateDir", values.get("state-dir"));
            return write(json);
        }
    }

    static String of(PodSandbox sandbox, Optional<Path> networkNamespace) {
        ObjectNode json = json().createObjectNode();
        json.put("runtimeHandler", sandbox.runtimeHandler());
        networkNamespace.ifPresent(path -> json.put("netNamespace", path.toString()));
        json.put("cgroupParent", sandbox.config().getLinux().getCgroupParent());
        json.put("hostname", sandbox.config().getHostname());
        put(json, "resources", sandbox.resources().resources());
        put(json, "overhead", sandbox.resources().overhead());
        return write(json);
    }

    static String of(PodContainer container) throws IOException {
        ObjectNode json = json().createObjectNode();
        json.put("sandboxID", container.sandboxId());
        json.put("pid", container.initPid());
        json.put("imageID", container.imageId());
        json.put("cgroup", container.cgroupPath());
        json.put("lxcfs", container.hasLxcfs());
        json.set("runtimeSpec", json().valueToTree(container.spec()));
        return write(json);
    }

    static String of(Image image) {
        ObjectNode json = json().createObjectNode();
        json.set("imageSpec", json().valueToTree(image.config()));
        json.put("manifest", image.manifest().toString());
        var chain = json.putArray("chainIDs");
        image.chainIds().forEach(id -> chain.add(id.toString()));
        return write(json);
    }

    /** What of a pod or container may be used, in CRI's names; nothing where nothing is said of it. */
    private static void put(ObjectNode json, String name, LinuxContainerResources resources) {
        ObjectNode fields = json().createObjectNode();
        DynamicMessages.of(resources).getAllFields().forEach((field, value) -> {
            if (value instanceof Long number) {
                fields.put(field.getJsonName(), number);
            } else if (value instanceof String text) {
                fields.put(field.getJsonName(), text);
            }
        });
        resources
                .getUnifiedMap()
                .forEach((file, value) -> fields.withObject("/unified").put(file, value));
        if (!fields.isEmpty()) {
            json.set(name, fields);
        }
    }

    private static JsonMapper json() {
        return OciJson.mapper();
    }

    private static String write(ObjectNode json) {
        try {
            return json().writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain nodes can be written", e);
        }
    }
}
