package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest runs on.
 *
 * @param architecture as GOARCH
 * @param os as GOOS
 * @param variant such as v8
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Platform(
        @Nullable String architecture,
        @Nullable String os,
        @JsonProperty("os.version") @Nullable String osVersion,
        @JsonProperty("os.features") List<String> osFeatures,
        @Nullable String variant,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Platform {
        osFeatures = Absent.list(osFeatures);
        unknown = Absent.map(unknown);
    }
}
