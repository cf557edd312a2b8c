package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.LinuxContainerResources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Who uses more memory than its limit is killed by the kernel, and the status says so. */
@OnNode
class OutOfMemoryTest {
    private final Node node;

    OutOfMemoryTest(Node node) {
        this.node = node;
    }

    @Test
    void theMainProcessIsReportedAsOomKilled() {
        ContainerStatus status = node.runPod("greedy")
                .run(greedy("exec dd if=/dev/zero of=/dev/null bs=200M count=1"))
                .awaitExit();
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(status.getExitCode()).isEqualTo(137);
    }

    @Test
    void alsoWhenItHappensWhileTheDaemonIsDown() throws Exception {
        Container container =
                node.runPod("greedy-later").run(greedy("sleep 1; exec dd if=/dev/zero of=/dev/null bs=200M count=1"));
        node.daemon().kill();
        Wait.pause(Duration.ofSeconds(2));
        node.startDaemon();
        ContainerStatus status = container.awaitExit(Duration.ofSeconds(10));
        assertThat(status.getReason()).isEqualTo("OOMKilled");
        assertThat(status.getExitCode()).isEqualTo(137);
    }

    private static ContainerConfig.Builder greedy(String script) {
        ContainerConfig.Builder config = Node.shell(script);
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .setMemoryLimitInBytes(64 << 20)
                        .setMemorySwapLimitInBytes(64 << 20));
        return config;
    }
}
