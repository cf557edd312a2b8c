package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Priority of traffic on one interface.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record InterfacePriority(
        String name,
        long priority,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public InterfacePriority {
        unknown = Absent.map(unknown);
    }
}
