package dev.fairlead.pod;

import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.UpdatePodSandboxResourcesRequest;
import dev.fairlead.state.EntityDirectory;

/**
 * What a pod may use as a whole, in the words of CRI.
 *
 * @param overhead of the pod itself (a RuntimeClass has one); empty: none
 * @param resources the sum of its containers'
 */
public record PodResources(LinuxContainerResources overhead, LinuxContainerResources resources) {
    static final String FILE = EntityDirectory.RESOURCES;

    static PodResources of(LinuxContainerResources overhead, LinuxContainerResources resources) {
        return new PodResources(overhead, resources);
    }

    static PodResources of(UpdatePodSandboxResourcesRequest kept) {
        return new PodResources(kept.getOverhead(), kept.getResources());
    }

    /** As it is kept on disk. */
    UpdatePodSandboxResourcesRequest message() {
        return UpdatePodSandboxResourcesRequest.newBuilder()
                .setOverhead(overhead)
                .setResources(resources)
                .build();
    }

    /** Both together: the limits of the pod's cgroup. What has no limit in one of them has none together. */
    LinuxContainerResources sum() {
        LinuxContainerResources.Builder sum = resources.toBuilder();
        if (resources.getCpuShares() > 0) {
            sum.setCpuShares(resources.getCpuShares() + overhead.getCpuShares());
        }
        if (resources.getCpuQuota() > 0
                && resources.getCpuPeriod() > 0
                && overhead.getCpuQuota() > 0
                && overhead.getCpuPeriod() > 0) {
            double cpus = (double) overhead.getCpuQuota() / overhead.getCpuPeriod();
            sum.setCpuQuota(resources.getCpuQuota() + Math.round(cpus * resources.getCpuPeriod()));
        }
        if (resources.getMemoryLimitInBytes() > 0) {
            sum.setMemoryLimitInBytes(
                    resources.getMemoryLimitInBytes() + Math.max(0, overhead.getMemoryLimitInBytes()));
        }
        if (resources.getMemorySwapLimitInBytes() > 0) {
            // Memory and swap together: the overhead's memory alone, if it says nothing of swap.
            sum.setMemorySwapLimitInBytes(resources.getMemorySwapLimitInBytes()
                    + Math.max(overhead.getMemorySwapLimitInBytes(), Math.max(0, overhead.getMemoryLimitInBytes())));
        }
        return sum.build();
    }
}
