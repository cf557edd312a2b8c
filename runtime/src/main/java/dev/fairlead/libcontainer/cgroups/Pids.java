package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.PidsLimit;
import dev.fairlead.oci.Resources;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** Number of tasks: pids.max, the same on v1 and v2. A limit of 0 or less is none. */
record Pids(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        PidsLimit pids = limits.pids();
        if (pids == null || pids.limit() == null) {
            return;
        }
        if (Limits.bounded(pids.limit())) {
            directory.write("pids.max", pids.limit());
        } else if (!fresh) {
            directory.write("pids.max", "max");
        }
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        OptionalLong current = directory.number("pids.current");
        if (current.isPresent()) {
            into.pids = true;
            into.tasks = current.getAsLong();
            into.taskLimit = directory.number("pids.max");
        }
    }
}
