package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that a service manager stops puts in order what it has begun, and leaves nothing but its pods. */
@OnNode
@OnlyFairlead // containerd drops the calls that run
class DaemonStopTest {
    private final Node node;

    DaemonStopTest(Node node) {
        this.node = node;
    }

    @Test
    void aCallThatRunsIsAnswered(@TempDir Path shared) throws Exception {
        Container container = node.runPod("asked")
                .run(Node.shell("sleep 1000")
                        .addMounts(Mount.newBuilder()
                                .setHostPath(shared.toString())
                                .setContainerPath("/shared")));
        try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
            Future<String> answer =
                    caller.submit(() -> container.exec("sh", "-c", "touch /shared/begun; sleep 2; echo done"));
            Wait.until(
                    "the exec runs",
                    Duration.ofSeconds(10),
                    () -> Files.exists(shared.resolve("begun")),
                    begun -> begun);
            node.daemon().stop();
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("done");
        }
        node.startDaemon();
    }

    @Test
    void noSocketIsLeft() throws Exception {
        Path metrics = Path.of("/run/metrics-of-the-stopped.sock");
        for (int time = 0; time < 10; time++) {
            node.restartDaemon("--metrics=unix:" + metrics);
            assertThat(metrics).exists();
            node.daemon().stop();
            assertThat(metrics).doesNotExist();
            assertThat(node.daemon().socket()).doesNotExist();
            node.startDaemon();
        }
    }
}
