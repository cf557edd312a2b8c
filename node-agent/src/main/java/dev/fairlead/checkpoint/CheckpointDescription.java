package dev.fairlead.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.oci.OciJson;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * The file {@link CheckpointArchive#CONFIG}.
 *
 * @param id of the container
 * @param name of the container in its pod
 * @param image as the pod asked for it
 * @param imageName with registry and tag or digest
 * @param imageRef id of the image, or its digest in a repository
 * @param created when the container was created
 * @param checkpointed when this was written
 */
public record CheckpointDescription(
        String id,
        String name,
        String image,
        String imageName,
        String imageRef,
        Instant created,
        Instant checkpointed) {
    private static final String RUNTIME = "fairlead";

    static CheckpointDescription of(JsonNode json) {
        return new CheckpointDescription(
                json.path("id").asText(),
                json.path("name").asText(),
                json.path("rootfsImage").asText(),
                json.path("rootfsImageName").asText(),
                json.path("rootfsImageRef").asText(),
                time(json.path("createdTime")),
                time(json.path("checkpointedTime")));
    }

    /** Go writes it with the offset of its time zone. */
    private static Instant time(JsonNode text) {
        return text.isTextual() ? OffsetDateTime.parse(text.asText()).toInstant() : Instant.EPOCH;
    }

    ObjectNode toJson() {
        return OciJson.mapper()
                .createObjectNode()
                .put("id", id)
                .put("name", name)
                .put("rootfsImage", image)
                .put("rootfsImageName", imageName)
                .put("rootfsImageRef", imageRef)
                .put("runtime", RUNTIME)
                .put("createdTime", created.toString())
                .put("checkpointedTime", checkpointed.toString());
    }
}
