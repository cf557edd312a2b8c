package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.oci.MemoryLimits;
import dev.fairlead.oci.Resources;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Memory on v1: memory.limit_in_bytes, memory.memsw.limit_in_bytes (memory and swap together) and their like. */
record MemoryV1(CgroupDirectory directory) implements Controller {
    private static final String LIMIT = "memory.limit_in_bytes";
    private static final String LIMIT_WITH_SWAP = "memory.memsw.limit_in_bytes";

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        MemoryLimits memory = limits.memory();
        if (memory == null) {
            return;
        }
        setLimits(memory, fresh, warnings);
        write("memory.soft_limit_in_bytes", memory.reservation());
        write("memory.kmem.tcp.limit_in_bytes", memory.kernelTCP());
        if (memory.swappiness() != null) {
            directory.write("memory.swappiness", memory.swappiness());
        }
        if (Boolean.TRUE.equals(memory.disableOOMKiller())) {
            directory.write("memory.oom_control", "1");
        }
    }

    private void setLimits(MemoryLimits memory, boolean fresh, Consumer<String> warnings) throws CgroupException {
        boolean limit = Limits.given(memory.limit());
        Long swap = memory.swap();
        if (limit && !Limits.given(swap) && !fresh) {
            swap = sumForTheSameSwap(Limits.orZero(memory.limit()));
        }
        if (Limits.given(swap) && !directory.has(LIMIT_WITH_SWAP)) {
            if (Limits.bounded(swap)) {
                warnings.accept("limit of memory and swap together (" + swap
                        + " bytes) ignored: swap is not accounted here (kernel option swapaccount=1)");
            }
            swap = null;
        }
        // The kernel keeps limit <= sum at every moment. A raised sum goes first, a lowered one last; a fresh cgroup
        // has no limits to raise.
        boolean sumFirst = limit && Limits.given(swap) && !fresh && raises(Limits.orZero(swap));
        if (sumFirst) {
            write(LIMIT_WITH_SWAP, swap);
        }
        if (limit) {
            if (Boolean.TRUE.equals(memory.checkBeforeUpdate())) {
                refuseBelowUsage(Limits.orZero(memory.limit()));
            }
            writeLimit(LIMIT, Limits.orZero(memory.limit()));
        }
        if (!sumFirst && Limits.given(swap)) {
            writeLimit(LIMIT_WITH_SWAP, Limits.orZero(swap));
        }
    }

    /**
     * What memory and swap together must become when the memory's limit alone is changed, so that as much may be swapped as before: the sum left
     * as it is would refuse a higher limit, and allow more swap under a lower one. Null where the sum has no limit, or is not accounted.
     */
    private @Nullable Long sumForTheSameSwap(long newLimit) throws CgroupException {
        OptionalLong sum = directory.number(LIMIT_WITH_SWAP);
        if (sum.isEmpty()) {
            return null;
        }
        if (newLimit == Limits.UNLIMITED) {
            return Limits.UNLIMITED;
        }
        OptionalLong now = directory.number(LIMIT);
        return newLimit + (now.isPresent() ? Math.max(0, sum.getAsLong() - now.getAsLong()) : 0);
    }

    /** Whether a limit of the sum lies above today's limit of memory. */
    private boolean raises(long sum) throws CgroupException {
        if (sum == Limits.UNLIMITED) {
            return true;
        }
        OptionalLong now = directory.number(LIMIT);
        return now.isPresent() && now.getAsLong() < sum;
    }

    private void writeLimit(String file, long bytes) throws CgroupException {
        try {
            directory.write(file, bytes);
        } catch (CgroupException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
            throw CgroupException.withDetail(
                    e,
                    "in use: " + directory.readIfPresent("memory.usage_in_bytes") + " bytes, at most so far: "
                            + directory.readIfPresent("memory.max_usage_in_bytes"));
        }
    }

    private void refuseBelowUsage(long bytes) throws CgroupException {
        long usage = directory.number("memory.usage_in_bytes").orElse(0);
        if (bytes >= 0 && bytes < usage) {
            throw CgroupException.inUse(directory.file(LIMIT) + ": " + bytes + " bytes is less than the " + usage
                    + " in use, and linux.resources.memory.checkBeforeUpdate is set");
        }
    }

    private void write(String file, @Nullable Long bytes) throws CgroupException {
        if (bytes != null && bytes != 0) {
            directory.write(file, bytes);
        }
    }

    @Override
    public void measureUsage(Measurement into) throws CgroupException {
        measureUsage(into, new StatFile(directory.readIfPresent("memory.stat")));
    }

    private void measureUsage(Measurement into, StatFile stat) throws CgroupException {
        OptionalLong usage = directory.number("memory.usage_in_bytes");
        if (usage.isEmpty()) {
            return;
        }
        into.memory = true;
        into.memoryBytes = usage.getAsLong();
        into.workingSetBytes = Math.max(0, into.memoryBytes - stat.value("total_inactive_file"));
        into.rssBytes = stat.value("total_rss");
        into.cacheBytes = stat.value("total_cache");
        into.mappedFileBytes = stat.value("total_mapped_file");
        into.pageFaults = stat.value("total_pgfault");
        into.majorPageFaults = stat.value("total_pgmajfault");
        into.memoryLimit = directory.number(LIMIT);
        into.swapBytes = stat.find("total_swap");
        // Without a limit of memory there is none of both together that is above it.
        OptionalLong sum = into.memoryLimit.isPresent() ? directory.number(LIMIT_WITH_SWAP) : OptionalLong.empty();
        into.swapLimit = sum.isPresent()
                ? OptionalLong.of(Math.max(0, sum.getAsLong() - into.memoryLimit.getAsLong()))
                : OptionalLong.empty();
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        StatFile stat = new StatFile(directory.readIfPresent("memory.stat"));
        measureUsage(into, stat);
        into.memoryDetails = Optional.of(new CgroupStatistics.MemoryDetails(
                directory.number("memory.max_usage_in_bytes"),
                stat.value("total_active_file"),
                stat.value("total_inactive_file"),
                directory.number("memory.kmem.usage_in_bytes"),
                directory.number("memory.failcnt").orElse(0),
                stat.value("pgfault"),
                stat.value("pgmajfault")));
    }

    @Override
    public void readLimits(CgroupLimits.Builder into) throws CgroupException {
        into.memoryBytes = directory.number(LIMIT);
        into.memoryReservationBytes = directory.number("memory.soft_limit_in_bytes");
        into.swapBytes = directory.number(LIMIT_WITH_SWAP);
    }

    /** Kills by the OOM killer in this cgroup and those below: v1 counts them where the victim was. */
    long oomKills() throws CgroupException {
        long kills = 0;
        for (CgroupDirectory each : directory.tree()) {
            kills += each.pairs("memory.oom_control").getOrDefault("oom_kill", 0L);
        }
        return kills;
    }
}
