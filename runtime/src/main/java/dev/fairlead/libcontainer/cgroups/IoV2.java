package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.BlockIo;
import dev.fairlead.oci.Resources;
import dev.fairlead.oci.ThrottleDevice;
import dev.fairlead.oci.WeightDevice;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Block I/O on v2: io.max for rates; io.bfq.weight or io.weight, and a warning where the kernel has neither. */
record IoV2(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        BlockIo io = limits.blockIO();
        if (io == null) {
            return;
        }
        if (io.weight() != null && io.weight() != 0) {
            weigh("", io.weight(), warnings);
        }
        for (WeightDevice device : io.weightDevice()) {
            if (device.weight() != null) {
                weigh(device.major() + ":" + device.minor() + ' ', device.weight(), warnings);
            }
        }
        throttle("rbps", io.throttleReadBpsDevice());
        throttle("wbps", io.throttleWriteBpsDevice());
        throttle("riops", io.throttleReadIOPSDevice());
        throttle("wiops", io.throttleWriteIOPSDevice());
    }

    private void weigh(String device, int weight, Consumer<String> warnings) throws CgroupException {
        // BFQ keeps v1's scale; the other counts from 1 to 10000.
        if (!directory.writeIfPresent("io.bfq.weight", device + weight)
                && !directory.writeIfPresent("io.weight", (device.isEmpty() ? "default " : device) + scaled(weight))) {
            warnings.accept("I/O weight " + device + weight + " ignored: no I/O scheduler here has weights");
        }
    }

    /** 10 to 1000 of v1 on the scale from 1 to 10000. */
    static long scaled(int weight) {
        return 1 + (Math.clamp(weight, 10, 1000) - 10) * 9999L / 990;
    }

    private void throttle(String key, List<ThrottleDevice> devices) throws CgroupException {
        for (ThrottleDevice device : devices) {
            String rate = device.rate() == 0 ? "max" : Long.toUnsignedString(device.rate());
            directory.write("io.max", device.major() + ":" + device.minor() + ' ' + key + '=' + rate);
        }
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        into.io = true;
        for (String line : directory.readIfPresent("io.stat").split("\n", -1)) {
            String[] words = line.split(" ", -1);
            Map<String, Long> counts = new HashMap<>();
            for (int i = 1; i < words.length; i++) {
                int equals = words[i].indexOf('=');
                if (equals > 0 && words[i].substring(equals + 1).matches("[0-9]{1,18}")) {
                    counts.put(words[i].substring(0, equals), Long.valueOf(words[i].substring(equals + 1)));
                }
            }
            if (!counts.isEmpty()) {
                into.devices.add(new CgroupStatistics.DeviceIo(
                        words[0],
                        counts.getOrDefault("rbytes", 0L),
                        counts.getOrDefault("wbytes", 0L),
                        counts.getOrDefault("rios", 0L),
                        counts.getOrDefault("wios", 0L)));
            }
        }
    }
}
