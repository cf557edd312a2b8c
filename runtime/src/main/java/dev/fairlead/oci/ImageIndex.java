package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A list of manifests, one a platform (image-spec 1.1, image-index.md; Docker manifest lists have the same shape).
 *
 * @param schemaVersion 2
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ImageIndex(
        int schemaVersion,
        @Nullable String mediaType,
        @Nullable String artifactType,
        List<Descriptor> manifests,
        @Nullable Descriptor subject,
        Map<String, String> annotations,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ImageIndex {
        manifests = Absent.list(manifests);
        annotations = Absent.map(annotations);
        unknown = Absent.map(unknown);
    }
}
