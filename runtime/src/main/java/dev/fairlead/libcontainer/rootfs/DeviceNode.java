package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.FileType;
import dev.fairlead.oci.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A device node to make.
 *
 * @param path inside, absolute and clean
 * @param type character device, block device or FIFO
 */
record DeviceNode(String path, FileType type, DeviceNumber number, int mode, int uid, int gid) {
    private static final int PERMISSIONS = 0777;
    private static final int DEFAULT_MODE = 0666;
    private static final String PTMX = "/dev/ptmx";

    /** What every container has (config-linux.md, Default Devices); /dev/console and /dev/ptmx come otherwise. */
    private static final List<DeviceNode> DEFAULTS = List.of(
            character("/dev/null", 1, 3),
            character("/dev/random", 1, 8),
            character("/dev/full", 1, 7),
            character("/dev/tty", 5, 0),
            character("/dev/zero", 1, 5),
            character("/dev/urandom", 1, 9));

    private static DeviceNode character(String path, int major, int minor) {
        return new DeviceNode(path, FileType.CHARACTER_DEVICE, new DeviceNumber(major, minor), DEFAULT_MODE, 0, 0);
    }

    /** The default devices and the configured; a configured one of the same path replaces a default. */
    static List<DeviceNode> all(List<Device> configured) throws RootfsException {
        Map<String, DeviceNode> nodes = new LinkedHashMap<>();
        DEFAULTS.forEach(node -> nodes.put(node.path, node));
        for (int i = 0; i < configured.size(); i++) {
            DeviceNode node = of("devices[" + i + "]", configured.get(i));
            // devpts makes it: /dev/ptmx becomes a link to it.
            if (!node.path.equals(PTMX)) {
                nodes.put(node.path, node);
            }
        }
        return new ArrayList<>(nodes.values());
    }

    private static DeviceNode of(String where, Device device) throws RootfsException {
        String step = where + " " + device.path();
        FileType type = switch (device.type()) {
            case "c", "u" -> FileType.CHARACTER_DEVICE;
            case "b" -> FileType.BLOCK_DEVICE;
            case "p" -> FileType.FIFO;
            default -> throw new RootfsException(step, "its type \"" + device.type() + "\" is none of b, c, u and p");
        };
        try {
            return new DeviceNode(
                    Path.of("/").resolve(device.path()).normalize().toString(),
                    type,
                    type == FileType.FIFO
                            ? new DeviceNumber(0, 0)
                            : new DeviceNumber(number(device.major()), number(device.minor())),
                    device.fileMode() == null ? DEFAULT_MODE : device.fileMode() & PERMISSIONS,
                    (int) (device.uid() == null ? 0 : device.uid()),
                    (int) (device.gid() == null ? 0 : device.gid()));
        } catch (IllegalArgumentException e) {
            throw new RootfsException(step, String.valueOf(e.getMessage()));
        }
    }

    private static int number(@Nullable Long number) {
        if (number == null) {
            throw new IllegalArgumentException("major and minor are missing");
        }
        return Math.toIntExact(number);
    }

    String describe() {
        return "device " + path + " (" + type.words() + " " + number + ")";
    }
}
