package dev.fairlead.libcontainer.cgroups;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a cgroup and those below it have used: all that the kernel counts. A part is empty where the node has no controller for it. What is
 * asked for every few seconds of every container is in {@link CgroupUsage}, which costs a third of it.
 *
 * @param pressure PSI of CPU, memory and I/O, in this order; empty where the kernel does not count it per cgroup
 */
public record CgroupStatistics(
        Instant takenAt,
        Optional<Cpu> cpu,
        Optional<Memory> memory,
        Optional<MemoryDetails> memoryDetails,
        Optional<Pids> pids,
        List<Hugetlb> hugetlb,
        Optional<Io> io,
        Optional<Pressures> pressure) {
    public CgroupStatistics {
        hugetlb = List.copyOf(hugetlb);
    }

    /**
     * CPU time in nanoseconds.
     *
     * @param periods elapsed under a quota, and those of them in which it ran out
     * @param throttledNanos summed over CPUs
     */
    public record Cpu(
            long usageNanos,
            long userNanos,
            long systemNanos,
            long periods,
            long throttledPeriods,
            long throttledNanos) {}

    /**
     * Memory in bytes.
     *
     * @param usageBytes with page cache
     * @param workingSetBytes usage without the file pages that were not used lately: what eviction goes by
     * @param rssBytes anonymous memory
     * @param limitBytes empty: none in this cgroup itself
     * @param swap empty where swap is not accounted
     */
    public record Memory(
            long usageBytes,
            long workingSetBytes,
            long rssBytes,
            long cacheBytes,
            long mappedFileBytes,
            long pageFaults,
            long majorPageFaults,
            OptionalLong limitBytes,
            Optional<Swap> swap) {
        /** What is left of the limit above the working set; empty without a limit. */
        public OptionalLong availableBytes() {
            return limitBytes.isPresent()
                    ? OptionalLong.of(Math.max(0, limitBytes.getAsLong() - workingSetBytes))
                    : OptionalLong.empty();
        }
    }

    /**
     * More about memory.
     *
     * @param peakBytes the most that was in use; empty where the kernel keeps none (v2 before Linux 5.19)
     * @param activeFileBytes page cache that was used lately
     * @param inactiveFileBytes the rest of it, which goes first when memory is short
     * @param kernelBytes used by the kernel for the processes, part of the usage; empty where it is not counted
     * @param limitHits how often the limit kept memory from being had at once
     * @param ownPageFaults without those of cgroups below; on v2, which does not tell them apart, with them
     * @param ownMajorPageFaults the same of those that needed a disk
     */
    public record MemoryDetails(
            OptionalLong peakBytes,
            long activeFileBytes,
            long inactiveFileBytes,
            OptionalLong kernelBytes,
            long limitHits,
            long ownPageFaults,
            long ownMajorPageFaults) {}

    /** Swap in bytes, without memory. */
    public record Swap(long usageBytes, OptionalLong limitBytes) {}

    /** Tasks, which the kernel counts by thread. */
    public record Pids(long current, OptionalLong limit) {}

    /**
     * Huge pages of one size.
     *
     * @param pageSize as in the kernel's file names: 2MB, 1GB
     * @param peakBytes the most that was in use; empty on v2, which does not keep it
     */
    public record Hugetlb(String pageSize, long usageBytes, OptionalLong limitBytes, OptionalLong peakBytes) {}

    /** Block I/O by device. */
    public record Io(List<DeviceIo> devices) {
        public Io {
            devices = List.copyOf(devices);
        }
    }

    /**
     * Block I/O of one device since the cgroup was made.
     *
     * @param device major:minor
     */
    public record DeviceIo(String device, long readBytes, long writtenBytes, long reads, long writes) {}

    /** Pressure stall information of the three resources. */
    public record Pressures(Pressure cpu, Pressure memory, Pressure io) {}

    /**
     * Pressure stall information of one resource (Documentation/accounting/psi.rst).
     *
     * @param some the share of time in which a task waited
     * @param full the share of time in which all did
     */
    public record Pressure(Stall some, Stall full) {}

    /**
     * A line of a pressure file: averages in percent over 10, 60 and 300 seconds, and the whole.
     */
    public record Stall(double average10, double average60, double average300, long totalMicros) {
        static final Stall NONE = new Stall(0, 0, 0, 0);
    }
}
