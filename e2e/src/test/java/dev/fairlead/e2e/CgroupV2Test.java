package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatsRequest;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.LinuxContainerResources;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What only a node with cgroup v2 alone can do for its pods: e2e/uml/test runs it on one. */
@OnNode
class CgroupV2Test {
    private static final String TOO_MUCH = "dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null; ";

    private final Node node;

    CgroupV2Test(Node node) {
        this.node = node;
    }

    @BeforeAll
    static void onlyThere() {
        assumeTrue(Cgroups.unified(), "this node has cgroup v1; e2e/uml/test runs it on cgroup v2");
    }

    private static ContainerConfig.Builder with(
            ContainerConfig.Builder config, LinuxContainerResources.Builder resources) {
        config.getLinuxBuilder().setResources(resources);
        return config;
    }

    private static LinuxContainerResources.Builder memory(int mebibytes) {
        return LinuxContainerResources.newBuilder()
                .setMemoryLimitInBytes((long) mebibytes << 20)
                .putUnified("memory.swap.max", "0");
    }

    @Test
    void filesOfTheKernelAreSetByName() throws IOException {
        Container container = node.runPod("unified")
                .run(with(
                        Node.command("sleep", "1000"),
                        memory(64).putUnified("memory.high", "41943040").putUnified("pids.max", "37")));
        assertThat(Cgroups.read(container, "memory.max")).isEqualTo("67108864");
        assertThat(Cgroups.read(container, "memory.high")).isEqualTo("41943040");
        assertThat(Cgroups.read(container, "memory.swap.max")).isEqualTo("0");
        assertThat(Cgroups.read(container, "pids.max")).isEqualTo("37");
    }

    @Test
    void aFileThatTheKernelDoesNotHaveIsRefused() {
        Pod pod = node.runPod("unified");
        Refused.by(() -> pod.create(with(Node.command("true"), memory(64).putUnified("memory.tall", "1"))))
                .as(Status.Code.INVALID_ARGUMENT, "memory.tall");
    }

    @Test
    void oneProcessOverTheLimitTakesAllOthersWithIt() {
        ContainerStatus status = node.runPod("together")
                .run(with(Node.shell(TOO_MUCH + "exit 4"), memory(64).putUnified("memory.oom.group", "1")))
                .awaitExit();
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(status.getExitCode())
                .as("of the shell, which was within the limit")
                .isEqualTo(137);
    }

    @Test
    void withoutThatOnlyTheOneIsKilled() {
        ContainerStatus status = node.runPod("alone")
                .run(with(Node.shell(TOO_MUCH + "exit 4"), memory(64)))
                .awaitExit();
        assertThat(status.getExitCode()).isEqualTo(4);
    }

    @Test
    void pressureIsInTheStatisticsWhereTheKernelMeasuresIt() {
        Container container = node.runPod("pressed").run(with(Node.command("sleep", "1000"), memory(64)));
        ContainerStats stats = node.cri()
                .runtime()
                .containerStats(ContainerStatsRequest.newBuilder()
                        .setContainerId(container.id())
                        .build())
                .getStats();
        boolean measured = Files.exists(Path.of("/proc/pressure/memory"));
        assertThat(stats.getMemory().hasPsi()).isEqualTo(measured);
        assertThat(stats.getCpu().hasPsi()).isEqualTo(measured);
        assertThat(stats.getMemory().getUsageBytes().getValue()).isPositive();
    }
}
