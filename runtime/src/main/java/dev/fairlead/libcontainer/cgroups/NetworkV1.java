package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.InterfacePriority;
import dev.fairlead.oci.NetworkLimits;
import dev.fairlead.oci.Resources;
import java.util.function.Consumer;

/** Marks on network traffic: net_cls.classid and net_prio.ifpriomap. On v2 there is neither. */
record NetworkV1(CgroupDirectory classes, CgroupDirectory priorities) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        NetworkLimits network = limits.network();
        if (network == null) {
            return;
        }
        if (network.classID() != null) {
            classes.write("net_cls.classid", network.classID());
        }
        for (InterfacePriority priority : network.priorities()) {
            priorities.write("net_prio.ifpriomap", priority.name() + ' ' + priority.priority());
        }
    }
}
