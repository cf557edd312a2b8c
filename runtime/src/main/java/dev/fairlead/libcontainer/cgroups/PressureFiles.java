package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Pressure;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Pressures;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics.Stall;
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
        return new Stall(
                Double.parseDouble(value(line, "avg10=")),
                Double.parseDouble(value(line, "avg60=")),
                Double.parseDouble(value(line, "avg300=")),
                Long.parseLong(value(line, "total=")));
    }

    private static String value(String line, String key) {
        int at = line.indexOf(key);
        if (at < 0) {
            return "0";
        }
        int end = line.indexOf(' ', at);
        return line.substring(at + key.length(), end < 0 ? line.length() : end);
    }
}
