package dev.fairlead.spec;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.oci.DeviceRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The device list of a container's cgroup: nothing, but what every container may use and what this one asks for. */
final class DeviceRules {
    private DeviceRules() {}

    static List<DeviceRule> of(ContainerConfig config) throws InvalidConfigException {
        if (config.getLinux().getSecurityContext().getPrivileged()) {
            return List.of(rule(true, "a", null, null, "rwm"));
        }
        List<DeviceRule> rules = new ArrayList<>();
        rules.add(rule(false, "a", null, null, "rwm"));
        // Making nodes is harmless where opening them is not allowed, and tar wants it (libcontainer, AllowedDevices).
        rules.add(rule(true, "c", null, null, "m"));
        rules.add(rule(true, "b", null, null, "m"));
        rules.add(rule(true, "c", 1L, 3L, "rwm")); // null
        rules.add(rule(true, "c", 1L, 5L, "rwm")); // zero
        rules.add(rule(true, "c", 1L, 7L, "rwm")); // full
        rules.add(rule(true, "c", 1L, 8L, "rwm")); // random
        rules.add(rule(true, "c", 1L, 9L, "rwm")); // urandom
        rules.add(rule(true, "c", 5L, 0L, "rwm")); // tty
        rules.add(rule(true, "c", 5L, 2L, "rwm")); // ptmx
        rules.add(rule(true, "c", 136L, null, "rwm")); // pts
        HostDevices.rules(config.getDevicesList()).forEach(rules::add);
        return rules;
    }

    static DeviceRule rule(boolean allow, String type, @Nullable Long major, @Nullable Long minor, String access) {
        return new DeviceRule(allow, type, major, minor, access, Map.of());
    }
}
