package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * The root file system (config.md, Root).
 *
 * @param path absolute, or relative to the bundle
 * @param readonly mounted read-only inside
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Root(
        String path,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean readonly,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Root {
        unknown = Absent.map(unknown);
    }
}
