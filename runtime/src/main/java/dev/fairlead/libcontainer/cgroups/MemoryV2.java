package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.MemoryLimits;
import dev.fairlead.oci.Resources;
import java.util.Optional;
import java.util.OptionalLong;
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
    public void measureUsage(Measurement into) throws CgroupException {
        measureUsage(into, new StatFile(directory.readIfPresent("memory.stat")));
    }

    private void measureUsage(Measurement into, StatFile stat) throws CgroupException {
        OptionalLong usage = directory.number("memory.current");
        if (usage.isEmpty()) {
            return; // the controller stops above this cgroup
        }
        into.memory = true;
        into.memoryBytes = usage.getAsLong();
        into.workingSetBytes = Math.max(0, into.memoryBytes - stat.value("inactive_file"));
        into.rssBytes = stat.value("anon");
        into.cacheBytes = stat.value("file");
        into.mappedFileBytes = stat.value("file_mapped");
        into.pageFaults = stat.value("pgfault");
        into.majorPageFaults = stat.value("pgmajfault");
        into.memoryLimit = directory.number("memory.max");
        into.swapBytes = directory.number("memory.swap.current");
        into.swapLimit = into.swapBytes.isPresent() ? directory.number("memory.swap.max") : OptionalLong.empty();
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        StatFile stat = new StatFile(directory.readIfPresent("memory.stat"));
        measureUsage(into, stat);
        into.memoryDetails = Optional.of(new CgroupStatistics.MemoryDetails(
                directory.number("memory.peak"),
                stat.value("active_file"),
                stat.value("inactive_file"),
                // Linux 5.18; before it, what stacks and page tables take is a good part of the whole.
                stat.find("kernel").isPresent() ? stat.find("kernel") : stat.find("kernel_stack"),
                new StatFile(directory.readIfPresent("memory.events")).value("max"),
                stat.value("pgfault"),
                stat.value("pgmajfault")));
    }

    @Override
    public void readLimits(CgroupLimits.Builder into) throws CgroupException {
        into.memoryBytes = directory.number("memory.max");
        OptionalLong low = directory.number("memory.low");
        into.memoryReservationBytes = low.orElse(0) == 0 ? OptionalLong.empty() : low;
        into.swapBytes = directory.number("memory.swap.max");
    }

    /** Kills by the OOM killer in this cgroup and those below, as the kernel sums them. */
    long oomKills() throws CgroupException {
        return directory.pairs("memory.events").getOrDefault("oom_kill", 0L);
    }
}
