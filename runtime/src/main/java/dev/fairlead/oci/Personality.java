package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * Execution domain (personality(2)).
 *
 * @param domain LINUX or LINUX32
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Personality(
        String domain,
        List<String> flags,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Personality {
        flags = Absent.list(flags);
        unknown = Absent.map(unknown);
    }
}
