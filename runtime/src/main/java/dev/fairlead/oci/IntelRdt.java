package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cache and memory bandwidth allocation.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record IntelRdt(
        @Nullable String closID,
        List<String> schemata,
        @Nullable String l3CacheSchema,
        @Nullable String memBwSchema,
        @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean enableMonitoring,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public IntelRdt {
        schemata = Absent.list(schemata);
        unknown = Absent.map(unknown);
    }
}
