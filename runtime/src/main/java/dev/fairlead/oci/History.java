package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one layer came to be.
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record History(
        @Nullable String created,
        @Nullable String author,
        @JsonProperty("created_by") @Nullable String createdBy,
        @Nullable String comment,

        @JsonProperty("empty_layer") @JsonInclude(JsonInclude.Include.NON_DEFAULT)
        boolean emptyLayer,

        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public History {
        unknown = Absent.map(unknown);
    }
}
