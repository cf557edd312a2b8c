package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * The digests of the unpacked layers.
 *
 * @param type layers
 * @param diffIds lowest first
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record RootFs(
        String type,
        @JsonProperty("diff_ids") List<String> diffIds,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public RootFs {
        diffIds = Absent.list(diffIds);
        unknown = Absent.map(unknown);
    }
}
