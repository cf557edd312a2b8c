package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Pressure;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Pressures;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Stall;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Reads cpu.pressure, memory.pressure and io.pressure of a v2 cgroup. */
final class PressureFiles {
    private PressureFiles() {}

    /** Empty where the kernel has no such files, or does not count (psi=0). */
    static Optional<Pressures> read(CgroupDirectory directory) throws CgroupException {
        String cpu = directory.readIfPresent("cpu.pressure");
        if (cpu.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Pressures(
                parse(cpu),
                parse(directory.readIfPresent("memory.pressure")),
                parse(directory.readIfPresent("io.pressure"))));
    }

    /** Two lines such as "some avg10=0.12 avg60=0.00 avg300=0.00 total=5912"; older kernels have no "full" for the CPU. */
    static Pressure parse(String text) {
        Stall some = Stall.NONE;
        Stall full = Stall.NONE;
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("some ")) {
                some = stall(line);
            } else if (line.startsWith("full ")) {
                full = stall(line);
            }
        }
        return new Pressure(some, full);
    }

    private static Stall stall(String line) {
        Map<String, String> values = new HashMap<>();
        for (String word : line.split(" ", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return new Stall(
                Double.parseDouble(values.getOrDefault("avg10", "0")),
                Double.parseDouble(values.getOrDefault("avg60", "0")),
                Double.parseDouble(values.getOrDefault("avg300", "0")),
                Long.parseLong(values.getOrDefault("total", "0")));
    }
}
