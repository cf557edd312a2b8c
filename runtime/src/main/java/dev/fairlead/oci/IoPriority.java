package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * I/O priority (ioprio_set(2)).
 *
 * @param ioClass such as IOPRIO_CLASS_BE
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record IoPriority(
        @JsonProperty("class") @Nullable String ioClass,
        @Nullable Integer priority,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public IoPriority {
        unknown = Absent.map(unknown);
    }
}
