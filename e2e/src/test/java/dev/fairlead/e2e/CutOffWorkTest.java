package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A daemon that is killed while it makes and removes pods: the next one finishes or undoes what was cut off, and nothing is left without an owner. */
@OnNode
class CutOffWorkTest {
    private static final int KILLS = 8;
    private static final int CALLERS = 4;

    private final Node node;

    CutOffWorkTest(Node node) {
        this.node = node;
    }

    @Test
    void isFinishedOrUndoneByTheNextDaemon() throws Exception {
        Snapshot before = Snapshot.take();
        long seed = System.nanoTime();
        System.out.println("    seed " + seed);
        Random random = new Random(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            AtomicBoolean goOn = new AtomicBoolean(true);
            try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
                for (int caller = 0; caller < CALLERS; caller++) {
                    boolean alsoRemoves = caller % 2 == 0;
                    callers.execute(() -> churn(goOn, alsoRemoves));
                }
                Wait.pause(Duration.ofMillis(100 + random.nextInt(900)));
                node.daemon().kill();
                goOn.set(false);
                callers.shutdown();
                assertThat(callers.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            }
            node.startDaemon();
            everythingIsWhole();
        }
        for (PodSandbox pod : pods()) {
            node.cri()
                    .runtime()
                    .removePodSandbox(RemovePodSandboxRequest.newBuilder()
                            .setPodSandboxId(pod.getId())
                            .build());
        }
        before.assertRestored();
    }

    /** Makes pods, and removes every second one, until the daemon is gone. */
    private void churn(AtomicBoolean goOn, boolean alsoRemoves) {
        while (goOn.get()) {
            try {
                Pod pod = node.runPod("cut");
                pod.run(Node.shell("exec sleep 1000"));
                if (alsoRemoves) {
                    pod.stop();
                    pod.remove();
                }
            } catch (StatusRuntimeException daemonIsGone) {
                return;
            }
        }
    }

    /** What is listed can be used: a running container runs commands, and belongs to a pod that is there. */
    private void everythingIsWhole() {
        List<String> pods = new ArrayList<>();
        pods().forEach(pod -> pods.add(pod.getId()));
        for (Container container : node.cri()
                .runtime()
                .listContainers(ListContainersRequest.getDefaultInstance())
                .getContainersList()) {
            assertThat(pods).contains(container.getPodSandboxId());
            if (container.getState() == ContainerState.CONTAINER_RUNNING) {
                assertThat(node.cri()
                                .runtime()
                                .execSync(ExecSyncRequest.newBuilder()
                                        .setContainerId(container.getId())
                                        .addCmd("true")
                                        .setTimeout(10)
                                        .build())
                                .getExitCode())
                        .isZero();
            }
        }
    }

    private List<PodSandbox> pods() {
        return node.cri()
                .runtime()
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList();
    }
}
