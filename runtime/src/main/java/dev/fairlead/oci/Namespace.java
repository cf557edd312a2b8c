package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A namespace to make, or with a path to join (config-linux.md, Namespaces).
 *
 * @param type mount, pid, network, ipc, uts, user, cgroup or time
 * @param path null: a new one
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Namespace(
        String type,
        @Nullable String path,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Namespace {
        unknown = Absent.map(unknown);
    }
}
