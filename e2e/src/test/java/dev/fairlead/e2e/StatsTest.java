package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStatsRequest;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.LinuxPodSandboxStats;
import dev.fairlead.cri.v1.ListPodSandboxStatsRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NetworkInterfaceUsage;
import dev.fairlead.cri.v1.PodSandboxStats;
import dev.fairlead.cri.v1.PodSandboxStatsFilter;
import dev.fairlead.cri.v1.PodSandboxStatsRequest;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.UpdatePodSandboxResourcesRequest;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Statistics of pods, held against the kernel's own files. */
@OnNode
class StatsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int PINGS = 20;
    private static final int PING_BYTES = 1000;

    private final Node node;

    StatsTest(Node node) {
        this.node = node;
    }

    /** A pod with a cgroup of its own, named as the kubelet names it. */
    private Pod kubeletsPod(String name) {
        return node.runPod(name, config -> {
            config.getLinuxBuilder()
                    .setCgroupParent("/e2e/pod" + config.getMetadata().getUid());
            return config;
        });
    }

    private PodSandboxStats stats(Pod pod) {
        return node.cri()
                .runtime()
                .podSandboxStats(PodSandboxStatsRequest.newBuilder()
                        .setPodSandboxId(pod.id())
                        .build())
                .getStats();
    }

    private static ContainerConfig.Builder busy(int percent) {
        ContainerConfig.Builder config = Node.shell("while :; do :; done");
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .setCpuPeriod(20_000)
                        .setCpuQuota(200L * percent));
        return config;
    }

    private static long kernel(Pod pod, String controller, String file) throws IOException {
        Path directory = Cgroups.directory(controller, pod.config().getLinux().getCgroupParent());
        return Long.parseLong(Files.readString(directory.resolve(file)).strip());
    }

    private static long cpuNanos(Pod pod) throws IOException {
        if (!Cgroups.unified()) {
            return kernel(pod, "cpuacct", "cpuacct.usage");
        }
        Path stat = Cgroups.directory("cpu", pod.config().getLinux().getCgroupParent())
                .resolve("cpu.stat");
        return Files.readAllLines(stat).stream()
                .filter(line -> line.startsWith("usage_usec "))
                .mapToLong(line -> Long.parseLong(line.substring("usage_usec ".length())) * 1000)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aPodsAreThoseOfItsCgroup() throws IOException {
        Pod pod = kubeletsPod("measured");
        pod.run(busy(30));
        // sort keeps every line until the last has come.
        pod.run(Node.shell("{ yes | head -n 500000; sleep 1000; } | sort"));
        Wait.until(
                "memory and CPU time are used",
                SOON,
                () -> stats(pod).getLinux(),
                seen -> seen.getMemory().getRssBytes().getValue() > 8_000_000
                        && seen.getCpu().getUsageCoreNanoSeconds().getValue() > 100_000_000);
        long before = cpuNanos(pod);
        PodSandboxStats stats = stats(pod);
        long after = cpuNanos(pod);
        LinuxPodSandboxStats linux = stats.getLinux();
        assertThat(stats.getAttributes().getId()).isEqualTo(pod.id());
        assertThat(stats.getAttributes().getMetadata()).isEqualTo(pod.config().getMetadata());
        assertThat(linux.getCpu().getUsageCoreNanoSeconds().getValue()).isBetween(before, after);
        long usage = Cgroups.unified()
                ? kernel(pod, "memory", "memory.current")
                : kernel(pod, "memory", "memory.usage_in_bytes");
        assertThat(linux.getMemory().getUsageBytes().getValue()).isBetween(usage - (4 << 20), usage + (4 << 20));
        assertThat(linux.getMemory().getWorkingSetBytes().getValue())
                .isLessThanOrEqualTo(linux.getMemory().getUsageBytes().getValue())
                .isGreaterThanOrEqualTo(linux.getMemory().getRssBytes().getValue());
        assertThat(linux.getContainersList()).hasSize(2);
        assertThat(linux.getContainersList().stream()
                        .mapToLong(
                                each -> each.getCpu().getUsageCoreNanoSeconds().getValue())
                        .sum())
                .isLessThanOrEqualTo(after);
        // busy: its shell. The other: its shell, sort, sleep, and the shell of the braces where there is one; yes and
        // head have an end.
        Wait.until(
                "only what goes on is counted",
                SOON,
                () -> stats(pod).getLinux().getProcess().getProcessCount().getValue(),
                count -> count == 4 || count == 5);
        boolean psi = Files.exists(Path.of("/proc/pressure/io"));
        assertThat(linux.getIo().hasPsi()).isEqualTo(psi);
        assertThat(linux.getContainers(0).getIo().hasPsi()).isEqualTo(psi);
    }

    @Test
    void theRateIsWhatWasUsedSinceTheLookBefore() {
        Pod pod = kubeletsPod("rate");
        pod.run(busy(30));
        stats(pod);
        Wait.pause(Duration.ofSeconds(2));
        PodSandboxStats stats = stats(pod);
        assertThat(stats.getLinux().getCpu().getUsageNanoCores().getValue())
                .as("of a container that may use 0.3 CPUs, on a busy machine")
                .isBetween(50_000_000L, 360_000_000L);
        assertThat(stats.getLinux()
                        .getContainers(0)
                        .getCpu()
                        .getUsageNanoCores()
                        .getValue())
                .isBetween(50_000_000L, 360_000_000L);
    }

    @Test
    void podsThatShareACgroupHaveTheirOwnFigures() {
        Pod busy = node.runPod("busy");
        Pod idle = node.runPod("idle");
        busy.run(busy(50));
        idle.run(Node.command("sleep", "1000"));
        Wait.until(
                "some CPU time is used",
                SOON,
                () -> stats(busy).getLinux().getCpu().getUsageCoreNanoSeconds().getValue(),
                used -> used > 500_000_000);
        assertThat(stats(idle).getLinux().getCpu().getUsageCoreNanoSeconds().getValue())
                .isLessThan(250_000_000);
        assertThat(stats(idle).getLinux().getProcess().getProcessCount().getValue())
                .isEqualTo(1);
    }

    @Test
    void theNetworkIsThePodsOwn() {
        Pod pod = node.runPod("sending");
        Container container = pod.run(Node.command("sleep", "1000"));
        NetworkInterfaceUsage before = stats(pod).getLinux().getNetwork().getDefaultInterface();
        String gateway = container.exec("sh", "-c", "ip route | grep default | cut -d' ' -f3");
        container.exec(
                "ping", "-c", Integer.toString(PINGS), "-i", "0.05", "-s", Integer.toString(PING_BYTES), gateway);
        long[] first = netDev(container);
        NetworkInterfaceUsage after = stats(pod).getLinux().getNetwork().getDefaultInterface();
        long[] last = netDev(container);
        assertThat(after.getName()).isEqualTo("eth0");
        assertThat(after.getTxBytes().getValue() - before.getTxBytes().getValue())
                .isGreaterThanOrEqualTo(PINGS * PING_BYTES);
        assertThat(after.getRxBytes().getValue()).isBetween(first[0], last[0]);
        assertThat(after.getTxBytes().getValue()).isBetween(first[8], last[8]);
        assertThat(stats(pod).getLinux().getNetwork().getInterfacesList())
                .as("the others: neither the default one again, nor loopback")
                .extracting(NetworkInterfaceUsage::getName)
                .doesNotContain("eth0", "lo");
    }

    /** The numbers behind eth0 in /proc/net/dev as the container sees it. */
    private static long[] netDev(Container container) {
        String line = container.exec("grep", "eth0:", "/proc/net/dev");
        return Arrays.stream(line.substring(line.indexOf(':') + 1).strip().split("\\s+"))
                .mapToLong(Long::parseLong)
                .toArray();
    }

    @Test
    void aPodOnTheNodesNetworkHasNoneOfItsOwn() {
        Pod pod = node.runPod("host", config -> {
            config.getLinuxBuilder()
                    .getSecurityContextBuilder()
                    .getNamespaceOptionsBuilder()
                    .setNetwork(NamespaceMode.NODE);
            return config;
        });
        PodSandboxStats stats = stats(pod);
        assertThat(stats.getLinux().hasNetwork()).isFalse();
        assertThat(stats.getLinux().getProcess().getProcessCount().getValue())
                .as("of a pod without containers")
                .isZero();
    }

    @Test
    void listsAreFilteredAndHaveWhatCanBeMeasured() {
        Pod port = node.runPod("listed", config -> config.putLabels("side", "port"));
        Pod starboard = node.runPod("listed", config -> config.putLabels("side", "starboard"));
        Pod stopped = node.runPod("listed");
        Container ended = starboard.run(Node.command("true"));
        ended.awaitExit();
        stopped.stop();
        assertThat(list(PodSandboxStatsFilter.newBuilder())).containsExactlyInAnyOrder(port.id(), starboard.id());
        assertThat(list(PodSandboxStatsFilter.newBuilder().putLabelSelector("side", "port")))
                .containsExactly(port.id());
        assertThat(list(PodSandboxStatsFilter.newBuilder().setId(starboard.id().substring(0, 20))))
                .containsExactly(starboard.id());
        Refused.by(() -> stats(stopped)).as(Status.Code.FAILED_PRECONDITION, stopped.id(), "not ready");
        Refused.by(() -> node.cri()
                        .runtime()
                        .podSandboxStats(PodSandboxStatsRequest.newBuilder()
                                .setPodSandboxId("nobody")
                                .build()))
                .as(Status.Code.NOT_FOUND, "nobody");
        Refused.by(() -> node.cri()
                        .runtime()
                        .containerStats(ContainerStatsRequest.newBuilder()
                                .setContainerId(ended.id())
                                .build()))
                .as(Status.Code.FAILED_PRECONDITION, "does not run");
    }

    private java.util.List<String> list(PodSandboxStatsFilter.Builder filter) {
        return node
                .cri()
                .runtime()
                .listPodSandboxStats(ListPodSandboxStatsRequest.newBuilder()
                        .setFilter(filter)
                        .build())
                .getStatsList()
                .stream()
                .map(stats -> stats.getAttributes().getId())
                .toList();
    }

    @Test
    @OnlyFairlead // of containerd, only the kubelet's cgroups are limited, by the kubelet
    void resourcesOfAPodAreLimitedWhereItsCgroupIsOursAndKept() throws IOException {
        Pod pod = node.runPod("resized", config -> {
            config.getLinuxBuilder().clearCgroupParent();
            return config;
        });
        pod.run(Node.command("sleep", "1000"));
        update(pod, 64 << 20);
        Path memory = Cgroups.directory("memory", "/fairlead/" + pod.id())
                .resolve(Cgroups.unified() ? "memory.max" : "memory.limit_in_bytes");
        assertThat(Files.readString(memory).strip()).isEqualTo(Integer.toString(72 << 20));
        assertThat(info(pod)).contains("\"memoryLimitInBytes\":67108864", "\"memoryLimitInBytes\":8388608");

        node.daemon().kill();
        node.startDaemon();

        assertThat(info(pod)).contains("\"memoryLimitInBytes\":67108864", "\"memoryLimitInBytes\":8388608");
        update(pod, 32 << 20);
        assertThat(Files.readString(memory).strip()).isEqualTo(Integer.toString(40 << 20));
        pod.stop();
        Refused.by(() -> update(pod, 64 << 20)).as(Status.Code.FAILED_PRECONDITION, "not ready");
    }

    @Test
    void theKubeletsCgroupIsItsOwnToLimit() throws IOException {
        Pod pod = kubeletsPod("resized");
        pod.run(Node.command("sleep", "1000"));
        String controller = Cgroups.unified() ? "memory.max" : "memory.limit_in_bytes";
        Path memory = Cgroups.directory("memory", pod.config().getLinux().getCgroupParent())
                .resolve(controller);
        String before = Files.readString(memory);
        update(pod, 64 << 20);
        assertThat(Files.readString(memory)).isEqualTo(before);
    }

    private void update(Pod pod, long memory) {
        var _ = node.cri()
                .runtime()
                .updatePodSandboxResources(UpdatePodSandboxResourcesRequest.newBuilder()
                        .setPodSandboxId(pod.id())
                        .setOverhead(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(8 << 20))
                        .setResources(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(memory))
                        .build());
    }

    private String info(Pod pod) {
        return node.cri()
                .runtime()
                .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(pod.id())
                        .setVerbose(true)
                        .build())
                .getInfoOrThrow("info");
    }
}
