package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * Size of a terminal in characters.
 *
 * @param height rows
 * @param width columns
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ConsoleSize(
        int height, int width, @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ConsoleSize {
        unknown = Absent.map(unknown);
    }
}
