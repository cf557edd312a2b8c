package dev.fairlead.spec;

import dev.fairlead.oci.Device;
import dev.fairlead.oci.DeviceRule;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Device nodes of the host as OCI devices. */
final class HostDevices {
    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;

    /** Directories and nodes of /dev that every container has of its own (libcontainer, HostDevices). */
    private static final Set<String> OF_THE_CONTAINER = Set.of(
            "pts",
            "shm",
            "fd",
            "mqueue",
            ".lxc",
            ".lxd-mounts",
            ".udev",
            "console",
            "ptmx",
            "null",
            "zero",
            "full",
            "random",
            "urandom",
            "tty");

    private HostDevices() {}

    /** All nodes of the host's /dev: what a privileged container sees. */
    static List<Device> all() throws InvalidConfigException {
        List<Device> devices = new ArrayList<>();
        try {
            collect(Path.of("/dev"), Path.of("/dev"), OF_THE_CONTAINER, devices);
        } catch (IOException e) {
            throw new InvalidConfigException("linux.security_context.privileged: cannot list the node's /dev", e);
        }
        return devices;
    }

    /** The nodes that {@code asked} names; a directory stands for all in it. */
    static List<Device> asked(List<dev.fairlead.cri.v1.Device> asked) throws InvalidConfigException {
        List<Device> devices = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            devices.addAll(nodes("devices[" + i + "]", asked.get(i)));
        }
        return devices;
    }

    /** What the device cgroup must allow for them. */
    static List<DeviceRule> rules(List<dev.fairlead.cri.v1.Device> asked) throws InvalidConfigException {
        List<DeviceRule> rules = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            String access = asked.get(i).getPermissions();
            if (!access.matches("[rwm]{0,3}")) {
                throw new InvalidConfigException(
                        "devices[" + i + "].permissions: \"" + access + "\"; only r, w and m may be in it");
            }
            for (Device device : nodes("devices[" + i + "]", asked.get(i))) {
                rules.add(DeviceRules.rule(
                        true, device.type(), device.major(), device.minor(), access.isEmpty() ? "rwm" : access));
            }
        }
        return rules;
    }

    private static List<Device> nodes(String field, dev.fairlead.cri.v1.Device asked) throws InvalidConfigException {
        Path host = Path.of(asked.getHostPath());
        Path inside = Path.of(asked.getContainerPath().isEmpty() ? asked.getHostPath() : asked.getContainerPath());
        List<Device> devices = new ArrayList<>();
        try {
            Path real = host.toRealPath();
            if (Files.isDirectory(real)) {
                collect(real, inside, Set.of(), devices);
            } else {
                node(real, inside).ifPresent(devices::add);
            }
        } catch (IOException e) {
            throw new InvalidConfigException(field + ".host_path: no device " + host + " on this node", e);
        }
        if (devices.isEmpty()) {
            throw new InvalidConfigException(
                    field + ".host_path: " + host + " is neither a device nor a directory with devices");
        }
        return devices;
    }

    private static void collect(Path directory, Path inside, Set<String> skipped, List<Device> devices)
            throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                String name = child.getFileName().toString();
                if (skipped.contains(name) || Files.isSymbolicLink(child)) {
                    continue;
                }
                if (Files.isDirectory(child)) {
                    collect(child, inside.resolve(name), Set.of(), devices);
                } else {
                    node(child, inside.resolve(name)).ifPresent(devices::add);
                }
            }
        }
    }

    /** Empty where {@code host} is no device. */
    private static Optional<Device> node(Path host, Path inside) throws IOException {
        int mode = attribute(host, "mode").intValue();
        int kind = mode & S_IFMT;
        if (kind != S_IFCHR && kind != S_IFBLK) {
            return Optional.empty();
        }
        long rdev = attribute(host, "rdev").longValue();
        return Optional.of(new Device(
                inside.toString(),
                kind == S_IFCHR ? "c" : "b",
                NodeDevice.major(rdev),
                NodeDevice.minor(rdev),
                mode & 0777,
                attribute(host, "uid").longValue(),
                attribute(host, "gid").longValue(),
                Map.of()));
    }

    private static Number attribute(Path file, String name) throws IOException {
        return Objects.requireNonNull(
                (Number) Files.getAttribute(file, "unix:" + name, LinkOption.NOFOLLOW_LINKS), name);
    }
}
