package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatsRequest;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.UpdateContainerResourcesRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Limits and statistics, as the cgroups of the container have them. */
@OnNode
class ResourcesTest {
    private final Node node;

    ResourcesTest(Node node) {
        this.node = node;
    }

    private Container limited(LinuxContainerResources.Builder resources) {
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        config.getLinuxBuilder().setResources(resources);
        return node.runPod("limited").run(config);
    }

    @Test
    void limitsAreTheKernels() throws IOException {
        Container container = limited(LinuxContainerResources.newBuilder()
                .setCpuShares(512)
                .setCpuQuota(20_000)
                .setCpuPeriod(100_000)
                .setMemoryLimitInBytes(48 << 20)
                .setOomScoreAdj(900));
        assertThat(Cgroups.read(container, "memory", "memory.limit_in_bytes", "memory.max"))
                .isEqualTo("50331648");
        assertThat(Cgroups.read(container, "cpu", "cpu.cfs_quota_us", "cpu.max"))
                .startsWith("20000");
        // 512 shares are half of the default 1024, which v2 calls 100: cgroup v2's scale is not linear in them.
        assertThat(Cgroups.read(container, "cpu", "cpu.shares", "cpu.weight"))
                .isEqualTo(Cgroups.unified() ? "59" : "512");
        assertThat(container.exec("cat", "/proc/1/oom_score_adj")).isEqualTo("900");
    }

    @Test
    void cpusAreTheOnesAskedFor() throws IOException {
        assumeTrue(Cgroups.has("cpuset"), "this kernel has no cpuset controller");
        Container container = limited(LinuxContainerResources.newBuilder().setCpusetCpus("0"));
        assertThat(Cgroups.read(container, "cpuset", "cpuset.cpus", "cpuset.cpus"))
                .isEqualTo("0");
        assertThat(container.exec("grep", "Cpus_allowed_list", "/proc/self/status"))
                .endsWith("\t0");
    }

    @Test
    void limitsCanBeChangedWhileItRuns() throws IOException {
        Container container = limited(LinuxContainerResources.newBuilder()
                .setCpuQuota(20_000)
                .setCpuPeriod(100_000)
                .setMemoryLimitInBytes(48 << 20));
        var _ = node.cri()
                .runtime()
                .updateContainerResources(UpdateContainerResourcesRequest.newBuilder()
                        .setContainerId(container.id())
                        .setLinux(LinuxContainerResources.newBuilder()
                                .setCpuQuota(50_000)
                                .setCpuPeriod(100_000)
                                .setMemoryLimitInBytes(96 << 20))
                        .build());
        assertThat(Cgroups.read(container, "memory", "memory.limit_in_bytes", "memory.max"))
                .isEqualTo("100663296");
        assertThat(Cgroups.read(container, "cpu", "cpu.cfs_quota_us", "cpu.max"))
                .startsWith("50000");
        assertThat(container.status().getResources().getLinux().getMemoryLimitInBytes())
                .isEqualTo(96 << 20);
    }

    @Test
    void allOfItsProcessesAreInItsCgroup() throws IOException {
        Container container = limited(LinuxContainerResources.newBuilder().setMemoryLimitInBytes(48 << 20));
        // In a cgroup namespace of its own, the container's cgroup is the root; an exec may have a group of its own
        // below it.
        assertThat(container
                        .exec("sh", "-c", "grep -E ':(memory|):' /proc/self/cgroup")
                        .lines())
                .as("an exec")
                .allSatisfy(line -> assertThat(line).matches(".*:.*:(/|/exec-[0-9]+|/.*" + container.id() + ".*)"));
        assertThat(container.exec("grep", "-E", ":(memory|):", "/proc/1/cgroup").lines())
                .as("the main process")
                .allSatisfy(line -> assertThat(line).matches(".*:.*:(/|/.*" + container.id() + ")"));
    }

    @Test
    void statisticsAreThoseOfTheCgroup() {
        ContainerConfig.Builder config =
                Node.shell("dd if=/dev/zero of=/tmp/file bs=1M count=5 2>/dev/null; while :; do :; done");
        config.getLinuxBuilder()
                .setResources(
                        LinuxContainerResources.newBuilder().setCpuQuota(30_000).setCpuPeriod(100_000));
        Container container = node.runPod("busy").run(config);
        ContainerStats stats = Wait.until(
                "it has used some CPU, memory and disk",
                Duration.ofSeconds(30), // disk usage may be counted in the background
                () -> node.cri()
                        .runtime()
                        .containerStats(ContainerStatsRequest.newBuilder()
                                .setContainerId(container.id())
                                .build())
                        .getStats(),
                seen -> seen.getCpu().getUsageCoreNanoSeconds().getValue() > 100_000_000
                        && seen.getMemory().getWorkingSetBytes().getValue() > 0
                        && seen.getWritableLayer().getUsedBytes().getValue() >= 5 << 20);
        assertThat(stats.getAttributes().getId()).isEqualTo(container.id());
        assertThat(stats.getAttributes().getMetadata().getName()).isEqualTo("c1");
        assertThat(stats.getWritableLayer().getFsId().getMountpoint()).isNotEmpty();
        assertThat(List.of(stats.getCpu().getTimestamp(), stats.getMemory().getTimestamp()))
                .allMatch(time -> time > 0);
    }
}
