package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.BlockIo;
import dev.fairlead.oci.Resources;
import dev.fairlead.oci.ThrottleDevice;
import dev.fairlead.oci.WeightDevice;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Block I/O on v1: blkio.throttle.* for rates, and weights where the kernel's I/O scheduler knows them; where it does not, that is warned of.
 */
record BlkioV1(CgroupDirectory directory) implements Controller {
    static boolean hasThrottles(BlockIo io) {
        return !io.throttleReadBpsDevice().isEmpty()
                || !io.throttleWriteBpsDevice().isEmpty()
                || !io.throttleReadIOPSDevice().isEmpty()
                || !io.throttleWriteIOPSDevice().isEmpty();
    }

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        BlockIo io = limits.blockIO();
        if (io == null) {
            return;
        }
        if (io.weight() != null && io.weight() != 0) {
            weigh(Integer.toString(io.weight()), "weight", warnings);
        }
        if (io.leafWeight() != null && io.leafWeight() != 0) {
            weigh(Integer.toString(io.leafWeight()), "leaf_weight", warnings);
        }
        for (WeightDevice device : io.weightDevice()) {
            if (device.weight() != null) {
                weigh(device.major() + ":" + device.minor() + ' ' + device.weight(), "weight_device", warnings);
            }
            if (device.leafWeight() != null) {
                weigh(
                        device.major() + ":" + device.minor() + ' ' + device.leafWeight(),
                        "leaf_weight_device",
                        warnings);
            }
        }
        throttle("blkio.throttle.read_bps_device", io.throttleReadBpsDevice());
        throttle("blkio.throttle.write_bps_device", io.throttleWriteBpsDevice());
        throttle("blkio.throttle.read_iops_device", io.throttleReadIOPSDevice());
        throttle("blkio.throttle.write_iops_device", io.throttleWriteIOPSDevice());
    }

    private void weigh(String value, String file, Consumer<String> warnings) throws CgroupException {
        if (!directory.writeIfPresent("blkio." + file, value)
                && !directory.writeIfPresent("blkio.bfq." + file, value)) {
            warnings.accept("I/O weight " + value + " ignored: no I/O scheduler here has blkio." + file);
        }
    }

    private void throttle(String file, List<ThrottleDevice> devices) throws CgroupException {
        for (ThrottleDevice device : devices) {
            directory.write(file, device.major() + ":" + device.minor() + ' ' + Long.toUnsignedString(device.rate()));
        }
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        Map<String, long[]> devices = new TreeMap<>();
        add("blkio.throttle.io_service_bytes_recursive", devices, 0);
        add("blkio.throttle.io_serviced_recursive", devices, 2);
        into.io = true;
        devices.forEach((device, counts) ->
                into.devices.add(new CgroupStatistics.DeviceIo(device, counts[0], counts[1], counts[2], counts[3])));
    }

    /** Lines such as "8:0 Read 4096"; the last, "Total 4096", has two words. */
    private void add(String file, Map<String, long[]> devices, int first) throws CgroupException {
        for (String line : directory.readIfPresent(file).split("\n", -1)) {
            String[] words = line.split(" ", -1);
            if (words.length == 3 && (words[1].equals("Read") || words[1].equals("Write"))) {
                devices.computeIfAbsent(words[0], device -> new long[4])[first + (words[1].equals("Read") ? 0 : 1)] =
                        Long.parseLong(words[2]);
            }
        }
    }
}
