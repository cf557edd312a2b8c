package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.libcontainer.cgroups.DeviceList.Devices;
import dev.fairlead.oci.Resources;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Access to devices on v1: devices.allow and devices.deny change the list, devices.list shows it. No rules: left as it is. */
record DevicesV1(CgroupDirectory directory) implements Controller {
    private static final String ALL = "a *:* rwm";

    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        if (limits.devices().isEmpty()) {
            return;
        }
        DeviceList wanted = DeviceList.of(limits.devices());
        if (wanted.allowAll()) {
            allowAllBut(wanted, fresh);
        } else {
            allowOnly(wanted, fresh);
        }
    }

    private void allowAllBut(DeviceList wanted, boolean fresh) throws CgroupException {
        // The list hides exceptions from "all": only a fresh cgroup is known to have none.
        if (!fresh || !DeviceList.parse(directory.read("devices.list")).allowAll()) {
            directory.write("devices.allow", ALL);
        }
        write("devices.deny", wanted.exceptions());
    }

    private void allowOnly(DeviceList wanted, boolean fresh) throws CgroupException {
        DeviceList now = fresh ? new DeviceList(true, Map.of()) : DeviceList.parse(directory.read("devices.list"));
        if (now.allowAll()) {
            directory.write("devices.deny", ALL);
            write("devices.allow", wanted.exceptions());
            return;
        }
        // Only differences: a container must not lose /dev/null for a moment because of an update.
        write("devices.allow", difference(wanted.exceptions(), now.exceptions()));
        write("devices.deny", difference(now.exceptions(), wanted.exceptions()));
    }

    private static Map<Devices, Integer> difference(Map<Devices, Integer> of, Map<Devices, Integer> without) {
        Map<Devices, Integer> difference = new LinkedHashMap<>();
        of.forEach((devices, access) -> {
            int rest = access & ~without.getOrDefault(devices, 0);
            if (rest != 0) {
                difference.put(devices, rest);
            }
        });
        return difference;
    }

    private void write(String file, Map<Devices, Integer> rules) throws CgroupException {
        for (Map.Entry<Devices, Integer> rule : rules.entrySet()) {
            directory.write(file, rule.getKey() + " " + DeviceList.text(rule.getValue()));
        }
    }
}
