package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a container (runtime-spec 1.3, config.md): what {@code config.json} holds.
 *
 * @param ociVersion version of the specification, such as 1.3.0
 * @param root the root file system
 * @param mounts in the order in which they are made
 * @param process what runs; null where the container is created without
 * @param hostname of the UTS namespace
 * @param domainname of the UTS namespace
 * @param hooks programs run at points of the life cycle
 * @param linux what is Linux alone
 * @param annotations arbitrary metadata
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Spec(
        String ociVersion,
        @Nullable Root root,
        List<Mount> mounts,
        @Nullable Process process,
        @Nullable String hostname,
        @Nullable String domainname,
        @Nullable Hooks hooks,
        @Nullable Linux linux,
        Map<String, String> annotations,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Spec {
        mounts = Absent.list(mounts);
        annotations = Absent.map(annotations);
        unknown = Absent.map(unknown);
    }
}
