package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configuration of an image (image-spec, config.md).
 *
 * @param created RFC 3339
 * @param config what containers inherit
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ImageConfig(
        @Nullable String created,
        @Nullable String author,
        @Nullable String architecture,
        @Nullable String os,
        @Nullable String variant,
        @Nullable ImageDefaults config,
        @Nullable RootFs rootfs,
        List<History> history,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ImageConfig {
        history = Absent.list(history);
        unknown = Absent.map(unknown);
    }
}
