package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.Resources;
import java.util.Map;
import java.util.function.Consumer;

/** CPU time on v2: cpu.stat, whose first lines every cgroup has, with or without the cpu controller. */
record CpuacctV2(CgroupDirectory directory) implements Controller {
    private static final long NANOS_A_MICRO = 1000;

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) {}

    @Override
    public void measureUsage(Measurement into) throws CgroupException {
        into.cpuNanos = new StatFile(directory.read("cpu.stat")).value("usage_usec") * NANOS_A_MICRO;
        into.cpu = true;
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        measureUsage(into);
        Map<String, Long> stat = directory.pairs("cpu.stat");
        into.userNanos = stat.getOrDefault("user_usec", 0L) * NANOS_A_MICRO;
        into.systemNanos = stat.getOrDefault("system_usec", 0L) * NANOS_A_MICRO;
        into.periods = stat.getOrDefault("nr_periods", into.periods);
        into.throttledPeriods = stat.getOrDefault("nr_throttled", into.throttledPeriods);
        into.throttledNanos =
                stat.containsKey("throttled_usec") ? stat.get("throttled_usec") * NANOS_A_MICRO : into.throttledNanos;
    }
}
