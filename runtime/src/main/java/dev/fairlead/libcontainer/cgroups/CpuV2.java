package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.CpuLimits;
import dev.fairlead.oci.Resources;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** CPU time on v2: cpu.weight, cpu.max, cpu.max.burst, cpu.idle. What was used is {@link CpuacctV2}'s. */
record CpuV2(CgroupDirectory directory) implements Controller {
    private static final int LEAST_SHARES = 2;
    private static final int MOST_SHARES = 262_144;

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        CpuLimits cpu = limits.cpu();
        if (cpu == null) {
            return;
        }
        if (cpu.idle() != null) {
            directory.write("cpu.idle", cpu.idle());
        }
        // An idle group has no weight: the kernel refuses one.
        if (Limits.given(cpu.shares()) && Limits.orZero(cpu.idle()) == 0) {
            directory.write("cpu.weight", weight(Limits.orZero(cpu.shares())));
        }
        setBandwidth(cpu);
        if (Limits.given(cpu.realtimePeriod()) || Limits.given(cpu.realtimeRuntime())) {
            throw CgroupException.invalid(
                    "linux.resources.cpu.realtimePeriod or realtimeRuntime is set: cgroup v2 has no real-time scheduling");
        }
    }

    private void setBandwidth(CpuLimits cpu) throws CgroupException {
        boolean period = Limits.given(cpu.period());
        if (Limits.given(cpu.quota()) || period) {
            String quota = Limits.given(cpu.quota())
                    ? Limits.bounded(cpu.quota()) ? Long.toString(Limits.orZero(cpu.quota())) : "max"
                    : directory.read("cpu.max").split(" ", 2)[0];
            // Without a period the kernel keeps the one it has.
            directory.write("cpu.max", period ? quota + ' ' + cpu.period() : quota);
        }
        if (cpu.burst() != null) {
            directory.write("cpu.max.burst", cpu.burst());
        }
    }

    @Override
    public void readLimits(CgroupLimits.Builder into) throws CgroupException {
        OptionalLong weight = directory.number("cpu.weight");
        into.cpuShares = weight.isPresent() ? OptionalLong.of(shares(weight.getAsLong())) : OptionalLong.empty();
        String[] bandwidth = directory.readIfPresent("cpu.max").split(" ", 2);
        if (bandwidth.length == 2) {
            into.cpuQuotaMicros = CgroupDirectory.number(bandwidth[0], directory.file("cpu.max"));
            into.cpuPeriodMicros = CgroupDirectory.number(bandwidth[1], directory.file("cpu.max"));
        }
    }

    /** The largest number of shares that {@link #weight} makes this weight of: it rounds up, so that several share one. */
    static long shares(long weight) {
        double exponent = Math.log10(Math.clamp(weight, 1, 10_000));
        double log = (Math.sqrt(125.0 * 125 + 4 * 612 * (exponent + 7.0 / 34)) - 125) / 2;
        return Math.clamp((long) Math.floor(Math.pow(2, log) + 1e-6), LEAST_SHARES, MOST_SHARES);
    }

    /**
     * The weight for a number of shares: a quadratic in log2 through (2, 1), (1024, 100) and (262144, 10000), the ends and the defaults of
     * both scales. A linear map would give a container with the default 1024 shares less than the 100 that everything outside has.
     */
    static long weight(long shares) {
        int clamped = Math.clamp(shares, LEAST_SHARES, MOST_SHARES);
        if (clamped == LEAST_SHARES) {
            return 1;
        }
        if (clamped == MOST_SHARES) {
            return 10_000;
        }
        double log = Math.log(clamped) / Math.log(2);
        double exponent = (log * log + 125 * log) / 612 - 7.0 / 34;
        // Rounded up, but not from 100 to 101 by an error in the last digit.
        return (long) Math.ceil(Math.pow(10, exponent) - 1e-9);
    }
}
