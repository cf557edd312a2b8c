package dev.fairlead.libcontainer.cgroups;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Statistics while the controllers add their parts: on v1 CPU time and throttling come from two. */
final class Measurement {
    boolean cpu;
    long cpuNanos;
    long userNanos;
    long systemNanos;
    long periods;
    long throttledPeriods;
    long throttledNanos;

    boolean memory;
    long memoryBytes;
    long workingSetBytes;
    long rssBytes;
    long cacheBytes;
    long mappedFileBytes;
    long pageFaults;
    long majorPageFaults;
    OptionalLong memoryLimit = OptionalLong.empty();
    OptionalLong swapBytes = OptionalLong.empty();
    OptionalLong swapLimit = OptionalLong.empty();

    Optional<CgroupStatistics.MemoryDetails> memoryDetails = Optional.empty();

    boolean pids;
    long tasks;
    OptionalLong taskLimit = OptionalLong.empty();

    final List<CgroupStatistics.Hugetlb> hugetlb = new ArrayList<>();

    boolean io;
    final List<CgroupStatistics.DeviceIo> devices = new ArrayList<>();

    CgroupStatistics finish(Instant takenAt, Optional<CgroupStatistics.Pressures> pressure) {
        return new CgroupStatistics(
                takenAt,
                when(
                        cpu,
                        new CgroupStatistics.Cpu(
                                cpuNanos, userNanos, systemNanos, periods, throttledPeriods, throttledNanos)),
                when(memory, memory()),
                memoryDetails,
                when(pids, new CgroupStatistics.Pids(tasks, taskLimit)),
                hugetlb,
                when(io, new CgroupStatistics.Io(devices)),
                pressure);
    }

    CgroupUsage usage(Instant takenAt, Optional<CgroupStatistics.Pressures> pressure) {
        return new CgroupUsage(
                takenAt, cpu ? OptionalLong.of(cpuNanos) : OptionalLong.empty(), when(memory, memory()), pressure);
    }

    private CgroupStatistics.Memory memory() {
        return new CgroupStatistics.Memory(
                memoryBytes,
                workingSetBytes,
                rssBytes,
                cacheBytes,
                mappedFileBytes,
                pageFaults,
                majorPageFaults,
                memoryLimit,
                swapBytes.isPresent()
                        ? Optional.of(new CgroupStatistics.Swap(swapBytes.getAsLong(), swapLimit))
                        : Optional.empty());
    }

    private static <T> Optional<T> when(boolean measured, T part) {
        return measured ? Optional.of(part) : Optional.empty();
    }
}
