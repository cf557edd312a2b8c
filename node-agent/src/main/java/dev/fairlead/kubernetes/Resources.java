package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.HugepageLimit;
import dev.fairlead.cri.v1.LinuxContainerResources;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Requests and limits as the cgroup settings that the kubelet sends. */
final class Resources {
    private static final long PERIOD_MICROS = 100_000;
    private static final long MIN_QUOTA_MICROS = 1_000;
    private static final long MIN_SHARES = 2;
    private static final long MAX_SHARES = 262_144;
    private static final long SHARES_A_CPU = 1024;

    private static final int OOM_GUARANTEED = -997;
    private static final int OOM_BEST_EFFORT = 1000;

    private static final String HUGE_PAGES = "hugepages-";

    private final Node node;

    Resources(Node node) {
        this.node = node;
    }

    /** The cgroup of one container. */
    LinuxContainerResources of(Pod pod, Container container) {
        LinuxContainerResources.Builder resources = cgroup(
                milliCpuForShares(container),
                Quantities.milliCpus(limits(container)),
                Quantities.units(limits(container), "memory"));
        resources.setOomScoreAdj(oomScoreAdjustment(pod, container));
        for (String size : node.hugePageSizes()) {
            resources.addHugepageLimits(
                    HugepageLimit.newBuilder().setPageSize(size).setLimit(hugePages(container, size)));
        }
        if (node.swapController() && node.cgroupV2()) {
            resources.putUnified("memory.swap.max", "0");
        } else if (node.swapController()) {
            resources.setMemorySwapLimitInBytes(resources.getMemoryLimitInBytes());
        }
        return resources.build();
    }

    /** The sum of the pod's containers, for the sandbox. An init container counts where it needs more than all that run later. */
    LinuxContainerResources of(Pod pod) {
        return cgroup(
                        peak(pod, Resources::milliCpuForShares),
                        peak(pod, container -> Quantities.milliCpus(limits(container))),
                        peak(pod, container -> Quantities.units(limits(container), "memory")))
                .build();
    }

    private LinuxContainerResources.Builder cgroup(long milliRequested, long milliLimit, long memoryLimit) {
        LinuxContainerResources.Builder resources = LinuxContainerResources.newBuilder()
                .setCpuShares(shares(milliRequested))
                .setCpuPeriod(PERIOD_MICROS)
                .setCpuQuota(quota(milliLimit))
                .setMemoryLimitInBytes(memoryLimit);
        if (node.cgroupV2()) {
            // One process over the limit takes its container with it (memory.oom.group), as the kubelet asks for by
            // default.
            resources.putUnified("memory.oom.group", "1");
        }
        return resources;
    }

    /** What is needed at most at one time: init containers run one after another, beside the sidecars that started before them. */
    private static long peak(Pod pod, ToLongFunction<Container> need) {
        long sidecars = 0;
        long initPeak = 0;
        for (Container container : pod.getSpec().getInitContainers()) {
            long own = need.applyAsLong(container);
            initPeak = Math.max(initPeak, sidecars + own);
            sidecars += Containers.isSidecar(container) ? own : 0;
        }
        long running = sidecars
                + pod.getSpec().getContainers().stream().mapToLong(need).sum();
        return Math.max(initPeak, running);
    }

    private static long milliCpuForShares(Container container) {
        return Quantities.has(requests(container), "cpu")
                ? Quantities.milliCpus(requests(container))
                : Quantities.milliCpus(limits(container));
    }

    static long shares(long milliCpus) {
        return Math.clamp(milliCpus * SHARES_A_CPU / 1000, MIN_SHARES, MAX_SHARES);
    }

    /** Microseconds of CPU in a period; 0: no limit. The kernel takes none below a millisecond. */
    static long quota(long milliCpus) {
        return milliCpus == 0 ? 0 : Math.max(MIN_QUOTA_MICROS, milliCpus * PERIOD_MICROS / 1000);
    }

    /** Containers that use more memory than they requested go first; of these, the one with the smaller request. */
    int oomScoreAdjustment(Pod pod, Container container) {
        if ("system-node-critical".equals(pod.getSpec().getPriorityClassName())) {
            return OOM_GUARANTEED;
        }
        return switch (QosClass.of(pod)) {
            case GUARANTEED -> OOM_GUARANTEED;
            case BEST_EFFORT -> OOM_BEST_EFFORT;
            case BURSTABLE -> Math.clamp(burstableScore(pod, container), 1000 + OOM_GUARANTEED, OOM_BEST_EFFORT - 1);
        };
    }

    private long burstableScore(Pod pod, Container container) {
        long score = scoreOfRequest(Quantities.units(requests(container), "memory"));
        if (!Containers.isSidecar(container)) {
            return score;
        }
        // A sidecar is not to be killed before the containers that need it.
        long smallest = pod.getSpec().getContainers().stream()
                .mapToLong(main -> Quantities.units(requests(main), "memory"))
                .min()
                .orElse(0);
        return Math.min(score, scoreOfRequest(smallest));
    }

    private long scoreOfRequest(long bytes) {
        return 1000 - 1000 * bytes / node.memoryBytes();
    }

    private static long hugePages(Container container, String pageSize) {
        return limits(container).entrySet().stream()
                .filter(limit -> limit.getKey().startsWith(HUGE_PAGES))
                .filter(limit -> pageSize(
                                Quantities.bytes(Quantity.parse(limit.getKey().substring(HUGE_PAGES.length()))))
                        .equals(pageSize))
                .mapToLong(limit -> Quantities.bytes(limit.getValue()))
                .sum();
    }

    /** As the kernel's cgroup files name page sizes: 64KB, 2MB, 1GB. */
    static String pageSize(long bytes) {
        if (bytes >= 1L << 30) {
            return (bytes >> 30) + "GB";
        }
        return bytes >= 1L << 20 ? (bytes >> 20) + "MB" : (bytes >> 10) + "KB";
    }

    static Map<String, Quantity> requests(Container container) {
        Map<String, Quantity> requests = container.getResources() == null
                ? null
                : container.getResources().getRequests();
        return requests == null ? Map.of() : requests;
    }

    static Map<String, Quantity> limits(Container container) {
        Map<String, Quantity> limits = container.getResources() == null
                ? null
                : container.getResources().getLimits();
        return limits == null ? Map.of() : limits;
    }
}
