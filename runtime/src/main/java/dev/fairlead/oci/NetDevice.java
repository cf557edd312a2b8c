package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network interface to move into the container.
 *
 * @param name inside; null: unchanged
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NetDevice(
        @Nullable String name, @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public NetDevice {
        unknown = Absent.map(unknown);
    }
}
