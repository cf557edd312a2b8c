package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names a blob by digest and size (image-spec, descriptor.md).
 *
 * @param digest such as sha256:...
 * @param size bytes
 * @param data base64
 * @param platform in an index
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Descriptor(
        @Nullable String mediaType,
        String digest,
        long size,
        List<String> urls,
        Map<String, String> annotations,
        @Nullable String data,
        @Nullable String artifactType,
        @Nullable Platform platform,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Descriptor {
        urls = Absent.list(urls);
        annotations = Absent.map(annotations);
        unknown = Absent.map(unknown);
    }
}
