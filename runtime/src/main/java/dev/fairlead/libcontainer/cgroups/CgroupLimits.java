package dev.fairlead.libcontainer.cgroups;

import java.util.OptionalLong;

/**
 * Limits of a cgroup. Empty: none, or no controller for it here.
 *
 * @param cpuShares on v1's scale; of v2's weight, about the number that it was made of
 * @param cpuPeriodMicros in which the quota may be used
 * @param cpuQuotaMicros CPU time a period, all CPUs together
 * @param memoryBytes memory.limit_in_bytes, memory.max
 * @param memoryReservationBytes memory.soft_limit_in_bytes, memory.low
 * @param swapBytes memory.memsw.limit_in_bytes, which counts memory and swap together, on v1; memory.swap.max, swap alone, on v2
 */
public record CgroupLimits(
        OptionalLong cpuShares,
        OptionalLong cpuPeriodMicros,
        OptionalLong cpuQuotaMicros,
        OptionalLong memoryBytes,
        OptionalLong memoryReservationBytes,
        OptionalLong swapBytes) {
    /** Limits while the controllers add theirs. */
    static final class Builder {
        OptionalLong cpuShares = OptionalLong.empty();
        OptionalLong cpuPeriodMicros = OptionalLong.empty();
        OptionalLong cpuQuotaMicros = OptionalLong.empty();
        OptionalLong memoryBytes = OptionalLong.empty();
        OptionalLong memoryReservationBytes = OptionalLong.empty();
        OptionalLong swapBytes = OptionalLong.empty();

        CgroupLimits build() {
            return new CgroupLimits(
                    cpuShares, cpuPeriodMicros, cpuQuotaMicros, memoryBytes, memoryReservationBytes, swapBytes);
        }
    }
}
