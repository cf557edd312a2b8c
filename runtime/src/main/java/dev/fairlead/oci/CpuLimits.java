package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * CPU time and CPUs.
 *
 * @param shares 2 to 262144
 * @param quota us a period; -1 is no limit
 * @param burst us
 * @param period us
 * @param realtimeRuntime us
 * @param realtimePeriod us
 * @param cpus list such as 0-3
 * @param mems list of nodes
 * @param idle 1: SCHED_IDLE
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record CpuLimits(
        @Nullable Long shares,
        @Nullable Long quota,
        @Nullable Long burst,
        @Nullable Long period,
        @Nullable Long realtimeRuntime,
        @Nullable Long realtimePeriod,
        @Nullable String cpus,
        @Nullable String mems,
        @Nullable Long idle,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public CpuLimits {
        unknown = Absent.map(unknown);
    }
}
