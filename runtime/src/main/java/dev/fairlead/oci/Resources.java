package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits of the cgroup (config-linux.md, Control groups).
 *
 * @param unified cgroup v2 file to content
 * @param devices in order; the last that matches decides
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Resources(
        Map<String, String> unified,
        List<DeviceRule> devices,
        @Nullable MemoryLimits memory,
        @Nullable CpuLimits cpu,
        @Nullable PidsLimit pids,
        @Nullable BlockIo blockIO,
        List<HugepageLimit> hugepageLimits,
        @Nullable NetworkLimits network,
        Map<String, RdmaLimit> rdma,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Resources {
        unified = Absent.map(unified);
        devices = Absent.list(devices);
        hugepageLimits = Absent.list(hugepageLimits);
        rdma = Absent.map(rdma);
        unknown = Absent.map(unknown);
    }
}
