package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * The empty objects by which JSON spells a set.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Empty(@JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Empty {
        unknown = Absent.map(unknown);
    }
}
