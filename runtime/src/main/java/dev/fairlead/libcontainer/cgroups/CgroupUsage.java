package dev.fairlead.libcontainer.cgroups;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a cgroup and those below it use: the part of {@link CgroupStatistics} that is asked for every few seconds, read from few files.
 *
 * @param cpuNanos CPU time since it was made; empty where the node does not count it
 * @param memory empty where the node has no controller for it
 * @param pressure empty where the kernel does not count it per cgroup
 */
public record CgroupUsage(
        Instant takenAt,
        OptionalLong cpuNanos,
        Optional<CgroupStatistics.Memory> memory,
        Optional<CgroupStatistics.Pressures> pressure) {
    /** Of a cgroup that is not there: nothing was used. */
    public static CgroupUsage none() {
        return sum(List.of());
    }

    /**
     * What cgroups that lie beside each other use together. Limits and pressure are not to be summed: they are empty. Without any, zeros.
     */
    public static CgroupUsage sum(List<CgroupUsage> usages) {
        return new CgroupUsage(
                Instant.now(),
                OptionalLong.of(usages.stream()
                        .mapToLong(usage -> usage.cpuNanos().orElse(0))
                        .sum()),
                Optional.of(usages.stream()
                        .flatMap(usage -> usage.memory().stream())
                        .reduce(NO_MEMORY, CgroupUsage::plus)),
                Optional.empty());
    }

    private static final CgroupStatistics.Memory NO_MEMORY =
            new CgroupStatistics.Memory(0, 0, 0, 0, 0, 0, 0, OptionalLong.empty(), Optional.empty());

    private static CgroupStatistics.Memory plus(CgroupStatistics.Memory a, CgroupStatistics.Memory b) {
        return new CgroupStatistics.Memory(
                a.usageBytes() + b.usageBytes(),
                a.workingSetBytes() + b.workingSetBytes(),
                a.rssBytes() + b.rssBytes(),
                a.cacheBytes() + b.cacheBytes(),
                a.mappedFileBytes() + b.mappedFileBytes(),
                a.pageFaults() + b.pageFaults(),
                a.majorPageFaults() + b.majorPageFaults(),
                OptionalLong.empty(),
                Optional.empty());
    }
}
