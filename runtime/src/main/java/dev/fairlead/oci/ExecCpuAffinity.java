package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CPUs of a process that joins a container: lists such as 0-3,7.
 *
 * @param initial until it is in the cgroup
 * @param eventual afterwards
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ExecCpuAffinity(
        @Nullable String initial,
        @JsonProperty("final") @Nullable String eventual,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public ExecCpuAffinity {
        unknown = Absent.map(unknown);
    }
}
