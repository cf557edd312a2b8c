package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A range of ids of a user namespace (config-linux.md, User namespace mappings).
 *
 * @param containerID first id inside
 * @param hostID first id outside
 * @param size how many, at least 1
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record IdMapping(
        long containerID,
        long hostID,
        long size,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public IdMapping {
        unknown = Absent.map(unknown);
    }
}
