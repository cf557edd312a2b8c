package dev.fairlead.spec;

import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.oci.CpuLimits;
import dev.fairlead.oci.DeviceRule;
import dev.fairlead.oci.HugepageLimit;
import dev.fairlead.oci.MemoryLimits;
import dev.fairlead.oci.Resources;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Resources of CRI as resources of OCI: 0 or empty is "not asked for" there, absent here. */
public final class ContainerResources {
    private ContainerResources() {}

    /** Translates {@code asked}; {@code devices} may be empty. */
    public static Resources of(LinuxContainerResources asked, List<DeviceRule> devices) throws InvalidConfigException {
        for (Map.Entry<String, String> file : asked.getUnifiedMap().entrySet()) {
            if (file.getKey().isEmpty()
                    || file.getKey().indexOf('/') >= 0
                    || file.getKey().startsWith(".")) {
                throw new InvalidConfigException("linux.resources.unified: \"" + file.getKey()
                        + "\" is no file of a cgroup; write a name such as memory.high");
            }
        }
        return new Resources(
                asked.getUnifiedMap(),
                devices,
                memory(asked),
                cpu(asked),
                null,
                null,
                asked.getHugepageLimitsList().stream()
                        .map(limit -> new HugepageLimit(limit.getPageSize(), limit.getLimit(), Map.of()))
                        .toList(),
                null,
                Map.of(),
                Map.of());
    }

    private static MemoryLimits memory(LinuxContainerResources asked) {
        return new MemoryLimits(
                present(asked.getMemoryLimitInBytes()),
                null,
                present(asked.getMemorySwapLimitInBytes()),
                null,
                null,
                null,
                null,
                null,
                null,
                Map.of());
    }

    private static CpuLimits cpu(LinuxContainerResources asked) {
        return new CpuLimits(
                present(asked.getCpuShares()),
                present(asked.getCpuQuota()),
                null,
                present(asked.getCpuPeriod()),
                null,
                null,
                asked.getCpusetCpus().isEmpty() ? null : asked.getCpusetCpus(),
                asked.getCpusetMems().isEmpty() ? null : asked.getCpusetMems(),
                null,
                Map.of());
    }

    private static @Nullable Long present(long value) {
        return value == 0 ? null : value;
    }
}
