package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.Resources;
import java.util.function.Consumer;

/** CPU time used, on v1: cpuacct.*, which limits nothing. */
record CpuacctV1(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) {}

    @Override
    public void measureUsage(Measurement into) throws CgroupException {
        into.cpuNanos = directory.requiredNumber("cpuacct.usage");
        into.cpu = true;
    }

    @Override
    public void measure(Measurement into) throws CgroupException {
        measureUsage(into);
        into.userNanos = directory.number("cpuacct.usage_user").orElse(0);
        into.systemNanos = directory.number("cpuacct.usage_sys").orElse(0);
    }
}
