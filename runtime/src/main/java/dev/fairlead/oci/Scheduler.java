package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scheduling of a process (sched_setattr(2)).
 *
 * @param policy such as SCHED_BATCH
 * @param runtime ns
 * @param deadline ns
 * @param period ns
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Scheduler(
        String policy,
        @Nullable Integer nice,
        @Nullable Integer priority,
        List<String> flags,
        @Nullable Long runtime,
        @Nullable Long deadline,
        @Nullable Long period,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Scheduler {
        flags = Absent.list(flags);
        unknown = Absent.map(unknown);
    }
}
