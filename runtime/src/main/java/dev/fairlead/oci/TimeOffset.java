package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Offset of a clock in a time namespace.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record TimeOffset(
        @Nullable Long secs,
        @Nullable Long nanosecs,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public TimeOffset {
        unknown = Absent.map(unknown);
    }
}
