package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A resource limit (getrlimit(2)).
 *
 * @param type such as RLIMIT_NOFILE
 * @param hard unsigned; -1 is RLIM_INFINITY
 * @param soft unsigned; -1 is RLIM_INFINITY
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Rlimit(
        String type,
        long hard,
        long soft,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Rlimit {
        unknown = Absent.map(unknown);
    }
}
