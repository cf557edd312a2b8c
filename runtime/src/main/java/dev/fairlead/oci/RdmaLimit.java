package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * RDMA resources of one device.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RdmaLimit(
        @Nullable Long hcaHandles,
        @Nullable Long hcaObjects,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public RdmaLimit {
        unknown = Absent.map(unknown);
    }
}
