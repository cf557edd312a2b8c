package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What hooks read on stdin (runtime.md, State).
 *
 * @param status creating, created, running or stopped
 * @param pid absent when stopped
 * @param bundle absolute
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record State(
        String ociVersion,
        String id,
        String status,
        @Nullable Integer pid,
        String bundle,
        Map<String, String> annotations,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public State {
        annotations = Absent.map(annotations);
        unknown = Absent.map(unknown);
    }
}
