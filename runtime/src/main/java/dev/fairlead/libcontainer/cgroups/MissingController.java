package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.BlockIo;
import dev.fairlead.oci.CpuLimits;
import dev.fairlead.oci.HugepageLimit;
import dev.fairlead.oci.MemoryLimits;
import dev.fairlead.oci.NetworkLimits;
import dev.fairlead.oci.PidsLimit;
import dev.fairlead.oci.Resources;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A controller that this node lacks. A limit that would silently not hold is refused: CPU, CPU sets, memory, pids, I/O rates, devices,
 * RDMA, network classes. What the kubelet sends whether or not the node has it is told in a warning: huge pages (a limit of 0 of a page
 * size is not worth one), and weights of I/O, which promise a proportion at most.
 */
record MissingController(String name) implements Controller {
    @Override
    public void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException {
        switch (name) {
            case "cpu" -> refuse(asksCpu(limits.cpu()), "linux.resources.cpu");
            case "cpuset" -> refuse(asksCpuset(limits.cpu()), "linux.resources.cpu.cpus or mems");
            case "memory" -> refuse(asksMemory(limits.memory()), "linux.resources.memory");
            case "pids" -> refuse(asksPids(limits.pids()), "linux.resources.pids");
            case "devices" -> refuse(!limits.devices().isEmpty(), "linux.resources.devices");
            case "rdma" -> refuse(!limits.rdma().isEmpty(), "linux.resources.rdma");
            case "network" -> refuse(asksNetwork(limits.network()), "linux.resources.network");
            case "hugetlb" -> {
                for (HugepageLimit limit : limits.hugepageLimits()) {
                    if (limit.limit() != 0) {
                        warnings.accept("limit of " + limit.pageSize()
                                + " huge pages ignored: this kernel has no hugetlb controller");
                    }
                }
            }
            case "io" -> {
                BlockIo io = limits.blockIO();
                refuse(io != null && BlkioV1.hasThrottles(io), "linux.resources.blockIO");
                if (io != null && io.weight() != null) {
                    warnings.accept("I/O weight ignored: this kernel has no blkio or io controller");
                }
            }
            default -> throw new IllegalStateException(name);
        }
    }

    private void refuse(boolean asked, String field) throws CgroupException {
        if (asked) {
            throw CgroupException.invalid(field + " is set, but there is no " + name
                    + " controller here: the limit would not hold (see /proc/cgroups and the kernel's command line)");
        }
    }

    private static boolean asksCpu(@Nullable CpuLimits cpu) {
        return cpu != null
                && (Limits.given(cpu.shares())
                        || Limits.given(cpu.quota())
                        || Limits.given(cpu.idle())
                        || Limits.given(cpu.realtimeRuntime()));
    }

    private static boolean asksCpuset(@Nullable CpuLimits cpu) {
        return cpu != null && (Limits.given(cpu.cpus()) || Limits.given(cpu.mems()));
    }

    private static boolean asksMemory(@Nullable MemoryLimits memory) {
        return memory != null
                && (Limits.bounded(memory.limit())
                        || Limits.bounded(memory.swap())
                        || Limits.bounded(memory.reservation()));
    }

    private static boolean asksPids(@Nullable PidsLimit pids) {
        return pids != null && Limits.bounded(pids.limit());
    }

    private static boolean asksNetwork(@Nullable NetworkLimits network) {
        return network != null
                && (network.classID() != null || !network.priorities().isEmpty());
    }
}
