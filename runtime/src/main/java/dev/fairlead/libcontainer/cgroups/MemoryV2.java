package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.MemoryLimits;
import dev.fairlead.oci.Resources;
import java.util.Map;
import java.util.function.Consumer;

/** Memory on v2: memory.max, memory.low, memory.swap.max (swap alone, where OCI counts memory and swap together). */
record MemoryV2(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        MemoryLimits memory = limits.memory();
        if (memory == null) {
            return;
        }
        setSwap(memory, warnings);
        if (Limits.given(memory.limit())) {
            long bytes = Limits.orZero(memory.limit());
            if (Boolean.TRUE.equals(memory.checkBeforeUpdate())) {
                refuseBelowUsage(bytes);
            }
            directory.write("memory.max", value(bytes));
        }
        if (Limits.given(memory.reservation())) {
            directory.write("memory.low", value(Limits.orZero(memory.reservation())));
        }
    }

    private void setSwap(MemoryLimits memory, Consumer<String> warnings) throws CgroupException {
        long limit = Limits.orZero(memory.limit());
        long sum = Limits.orZero(memory.swap());
        if (sum == 0) {
            if (limit == Limits.UNLIMITED) {
                directory.writeIfPresent("memory.swap.max", "max");
            }
            return;
        }
        String swap;
        if (sum < 0) {
            swap = "max";
        } else if (limit <= 0) {
            throw CgroupException.invalid(
                    "linux.resources.memory.swap is " + sum
                            + " (memory and swap together) without a limit of memory: set linux.resources.memory.limit as well");
        } else if (sum < limit) {
            throw CgroupException.invalid("linux.resources.memory.swap is " + sum
                    + " (memory and swap together), less than the limit of memory, " + limit);
        } else {
            swap = Long.toString(sum - limit);
        }
        // Without the file there is no swap in this kernel, or it is not accounted: "none" holds in the first case.
        if (!directory.writeIfPresent("memory.swap.max", swap) && sum > limit && sum > 0) {
            warnings.accept("limit of swap (" + swap + " bytes) ignored: swap is not accounted here");
        }
    }

    private void refuseBelowUsage(long bytes) throws CgroupException {
        long usage = directory.number("memory.current").orElse(0);
        if (bytes >= 0 && bytes < usage) {
            throw CgroupException.inUse(directory.file("memory.max") + ": " + bytes + " bytes is less than the " + usage
                    + " in use, and linux.resources.memory.checkBeforeUpdate is set");
        }
    }

    private static String value(long bytes) {
        return bytes < 0 ? "max" : Long.toString(bytes);
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        Map<String, Long> stat = directory.pairs("memory.stat");
        long usage = directory.number("memory.current").orElse(0);
        into.memory = true;
        into.memoryBytes = usage;
        into.workingSetBytes = Math.max(0, usage - stat.getOrDefault("inactive_file", 0L));
        into.rssBytes = stat.getOrDefault("anon", 0L);
        into.cacheBytes = stat.getOrDefault("file", 0L);
        into.mappedFileBytes = stat.getOrDefault("file_mapped", 0L);
        into.pageFaults = stat.getOrDefault("pgfault", 0L);
        into.majorPageFaults = stat.getOrDefault("pgmajfault", 0L);
        into.memoryLimit = directory.number("memory.max");
        into.memoryPeakBytes = directory.number("memory.peak");
        into.swapBytes = directory.number("memory.swap.current");
        into.swapLimit = directory.number("memory.swap.max");
    }

    /** Kills by the OOM killer in this cgroup and those below, as the kernel sums them. */
    long oomKills() throws CgroupException {
        return directory.pairs("memory.events").getOrDefault("oom_kill", 0L);
    }
}
