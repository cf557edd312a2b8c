package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Class and priorities of network traffic (cgroup v1).
 *
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record NetworkLimits(
        @Nullable Long classID,
        List<InterfacePriority> priorities,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public NetworkLimits {
        priorities = Absent.list(priorities);
        unknown = Absent.map(unknown);
    }
}
