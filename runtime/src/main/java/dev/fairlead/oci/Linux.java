package dev.fairlead.oci;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is Linux alone (config-linux.md).
 *
 * @param resources cgroup limits
 * @param cgroupsPath below the cgroup mounts
 * @param devices nodes to make
 * @param netDevices interfaces to move in
 * @param rootfsPropagation propagation of /
 * @param mountLabel SELinux label of mounts
 * @param memoryPolicy set_mempolicy(2)
 * @param unknown fields of a newer specification, kept as they are
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Linux(
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<String, String> sysctl,
        @Nullable Resources resources,
        @Nullable String cgroupsPath,
        List<Namespace> namespaces,
        List<Device> devices,
        Map<String, NetDevice> netDevices,
        @Nullable Seccomp seccomp,
        @Nullable String rootfsPropagation,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        @Nullable String mountLabel,
        @Nullable IntelRdt intelRdt,
        @Nullable MemoryPolicy memoryPolicy,
        @Nullable Personality personality,
        Map<String, TimeOffset> timeOffsets,
        @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> unknown) {
    public Linux {
        uidMappings = Absent.list(uidMappings);
        gidMappings = Absent.list(gidMappings);
        sysctl = Absent.map(sysctl);
        namespaces = Absent.list(namespaces);
        devices = Absent.list(devices);
        netDevices = Absent.map(netDevices);
        maskedPaths = Absent.list(maskedPaths);
        readonlyPaths = Absent.list(readonlyPaths);
        timeOffsets = Absent.map(timeOffsets);
        unknown = Absent.map(unknown);
    }
}
