package dev.fairlead.pod;

import dev.fairlead.cni.PodAttachment;
import dev.fairlead.libcontainer.cgroups.CgroupUsage;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a pod uses as a whole.
 *
 * @param sandbox whose it is
 * @param takenAt when
 * @param used by all of its processes. Of a pod with a cgroup of its own, as the kubelet's have, that of ended containers is in it
 * @param nanoCores CPU time a second, in ns, since the measurement before; empty at the first
 * @param network of its own, without loopback; empty where it is on the node's
 * @param processes in it, threads not counted
 * @param containers those that run
 */
public record PodMeasurement(
        PodSandbox sandbox,
        Instant takenAt,
        CgroupUsage used,
        OptionalLong nanoCores,
        Optional<List<InterfaceCounters>> network,
        long processes,
        List<ContainerMeasurement> containers) {
    public PodMeasurement {
        network = network.map(List::copyOf);
        containers = List.copyOf(containers);
    }

    /** The interface of the pod's addresses, or the first where CNI was told another name; empty where it has none at all. */
    public Optional<InterfaceCounters> defaultInterface() {
        List<InterfaceCounters> all = network.orElse(List.of());
        return all.stream()
                .filter(each -> each.name().equals(PodAttachment.ETH0))
                .findFirst()
                .or(() -> all.stream().findFirst());
    }
}
