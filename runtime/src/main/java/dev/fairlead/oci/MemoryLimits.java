package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory in bytes; -1 is no limit.
 *
 * @param swap memory and swap together
 * @param kernel deprecated
 * @param kernelTCP deprecated
 * @param swappiness 0 to 100
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record MemoryLimits(
        @Nullable Long limit,
        @Nullable Long reservation,
        @Nullable Long swap,
        @Nullable Long kernel,
        @Nullable Long kernelTCP,
        @Nullable Long swappiness,
        @Nullable Boolean disableOOMKiller,
        @Nullable Boolean useHierarchy,
        @Nullable Boolean checkBeforeUpdate,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public MemoryLimits {
        unknown = Absent.map(unknown);
    }
}
