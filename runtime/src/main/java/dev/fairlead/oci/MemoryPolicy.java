package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * NUMA memory policy (set_mempolicy(2)).
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record MemoryPolicy(
        String mode,
        @Nullable String nodes,
        List<String> flags,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public MemoryPolicy {
        flags = Absent.list(flags);
        unknown = Absent.map(unknown);
    }
}
