package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.oci.CpuLimits;
import dev.fairlead.oci.Resources;
import java.util.Map;
import java.util.function.Consumer;

/** CPU time on v1: cpu.shares, cpu.cfs_*, cpu.rt_*, cpu.idle. */
record CpuV1(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        CpuLimits cpu = limits.cpu();
        if (cpu == null) {
            return;
        }
        if (Limits.given(cpu.shares())) {
            directory.write("cpu.shares", Limits.orZero(cpu.shares()));
        }
        setBandwidth(cpu);
        if (Limits.given(cpu.realtimePeriod())) {
            directory.write("cpu.rt_period_us", Limits.orZero(cpu.realtimePeriod()));
        }
        if (Limits.given(cpu.realtimeRuntime())) {
            directory.write("cpu.rt_runtime_us", Limits.orZero(cpu.realtimeRuntime()));
        }
        if (cpu.idle() != null) {
            directory.write("cpu.idle", cpu.idle());
        }
    }

    private void setBandwidth(CpuLimits cpu) throws CgroupException {
        boolean quota = Limits.given(cpu.quota());
        boolean periodLater = false;
        if (Limits.given(cpu.period())) {
            try {
                directory.write("cpu.cfs_period_us", Limits.orZero(cpu.period()));
            } catch (CgroupException e) {
                // A shorter period makes the old quota a larger share, larger perhaps than the parent's: first the new
                // quota then.
                if (e.errno() != Errno.EINVAL || !quota) {
                    throw e;
                }
                periodLater = true;
            }
        }
        if (quota) {
            directory.write("cpu.cfs_quota_us", Limits.orZero(cpu.quota()));
        }
        if (periodLater) {
            directory.write("cpu.cfs_period_us", Limits.orZero(cpu.period()));
        }
        if (cpu.burst() != null) {
            directory.write("cpu.cfs_burst_us", cpu.burst());
        }
    }

    @Override
    public void readLimits(CgroupLimits.Builder into) throws CgroupException {
        into.cpuShares = directory.number("cpu.shares");
        into.cpuPeriodMicros = directory.number("cpu.cfs_period_us");
        // -1, which is no number of microseconds, without one.
        into.cpuQuotaMicros = directory.number("cpu.cfs_quota_us");
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        Map<String, Long> stat = directory.pairs("cpu.stat");
        into.periods = stat.getOrDefault("nr_periods", 0L);
        into.throttledPeriods = stat.getOrDefault("nr_throttled", 0L);
        into.throttledNanos = stat.getOrDefault("throttled_time", 0L);
    }
}
