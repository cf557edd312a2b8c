package dev.fairlead.pod;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.checkpoint.CheckpointDescription;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** What a checkpoint says of its container, in the forms that other runtimes and checkpointctl read. */
final class CheckpointNotes {
    private CheckpointNotes() {}

    static CheckpointDescription description(PodContainer container) {
        ContainerConfig config = container.config();
        String asked = config.getImage().getUserSpecifiedImage();
        return new CheckpointDescription(
                container.id(),
                config.getMetadata().getName(),
                asked.isEmpty() ? config.getImage().getImage() : asked,
                config.getImage().getImage(),
                container.imageRef(),
                Clocks.instant(container.createdAt()),
                Instant.now());
    }

    /** With what CRI-O, containerd and checkpointctl look for in its annotations. */
    static Spec annotated(PodContainer container, PodSandbox sandbox) throws IOException {
        Map<String, String> annotations = new HashMap<>(container.spec().annotations());
        annotations.put(
                "io.kubernetes.cri-o.Annotations", json(container.config().getAnnotationsMap()));
        annotations.put("io.kubernetes.cri-o.Labels", json(container.config().getLabelsMap()));
        annotations.put("io.kubernetes.cri-o.SandboxID", sandbox.id());
        annotations.put("io.kubernetes.cri.sandbox-id", sandbox.id());
        annotations.put(
                "io.kubernetes.cri.sandbox-name", sandbox.config().getMetadata().getName());
        annotations.put(
                "io.kubernetes.cri.sandbox-namespace",
                sandbox.config().getMetadata().getNamespace());
        annotations.put(
                "io.kubernetes.cri.container-name",
                container.config().getMetadata().getName());
        Spec spec = container.spec();
        return new Spec(
                spec.ociVersion(),
                spec.root(),
                spec.mounts(),
                spec.process(),
                spec.hostname(),
                spec.domainname(),
                spec.hooks(),
                spec.linux(),
                annotations,
                spec.unknown());
    }

    private static String json(Map<String, String> map) throws JsonProcessingException {
        return OciJson.mapper().writeValueAsString(map);
    }

    /** As containerd writes CRI's ContainerStatus: names and numbers of the message. */
    static ObjectNode status(PodContainer container) {
        ContainerConfig config = container.config();
        ObjectNode status = OciJson.mapper().createObjectNode();
        status.put("id", container.id());
        status.putObject("metadata")
                .put("name", config.getMetadata().getName())
                .put("attempt", config.getMetadata().getAttempt());
        status.put("created_at", container.createdAt());
        status.put("started_at", container.state().startedAt());
        status.putObject("image")
                .put("image", config.getImage().getImage())
                .put("user_specified_image", config.getImage().getUserSpecifiedImage());
        status.put("image_ref", container.imageRef());
        ObjectNode labels = status.putObject("labels");
        config.getLabelsMap().forEach(labels::put);
        ObjectNode annotations = status.putObject("annotations");
        config.getAnnotationsMap().forEach(annotations::put);
        status.put("log_path", container.logPath().map(Objects::toString).orElse(""));
        return status;
    }
}
