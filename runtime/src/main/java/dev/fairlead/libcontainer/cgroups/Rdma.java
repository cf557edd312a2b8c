package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.RdmaLimit;
import dev.fairlead.oci.Resources;
import java.util.Map;
import java.util.function.Consumer;

/** RDMA resources: rdma.max, the same on v1 and v2. */
record Rdma(CgroupDirectory directory) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        for (Map.Entry<String, RdmaLimit> device : limits.rdma().entrySet()) {
            RdmaLimit limit = device.getValue();
            directory.write(
                    "rdma.max",
                    device.getKey()
                            + (limit.hcaHandles() == null ? "" : " hca_handle=" + limit.hcaHandles())
                            + (limit.hcaObjects() == null ? "" : " hca_object=" + limit.hcaObjects()));
        }
    }
}
