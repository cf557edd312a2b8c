package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Many pods at a time come and go, and nothing of them stays. What the node has in the end is compared as after every test. */
@OnNode
class HundredPodsTest {
    private static final int PODS = 100;
    private static final int AT_A_TIME = 8;

    /** Descriptors that a daemon may gain: connections, files of classes and of its log that were not needed before. */
    private static final int FEW = 10;

    private final Node node;

    HundredPodsTest(Node node) {
        this.node = node;
    }

    @Test
    void areStartedEightAtATimeAndRemovedWithoutATrace() throws Exception {
        runAndRemove(AT_A_TIME, 1); // what a daemon opens once and keeps is open after this
        long descriptorsBefore = descriptors();

        runAndRemove(PODS, 2);

        Wait.until(
                "the daemon has about " + descriptorsBefore + " descriptors open",
                Duration.ofSeconds(10),
                this::descriptors,
                now -> now <= descriptorsBefore + FEW);
    }

    private void runAndRemove(int count, int round) throws Exception {
        List<Pod> pods = eightAtATime(count, number -> {
            Pod pod = node.runPod(
                    "many",
                    config -> config.addPortMappings(PortMapping.newBuilder()
                            .setProtocol(Protocol.TCP)
                            .setContainerPort(80)
                            .setHostPort(20_000 + round * 1000 + number)));
            Container container = pod.run(Node.shell("echo pod " + number + "; exec sleep 1000"));
            assertThat(container.status().getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
            assertThat(container.exec("hostname")).isEqualTo("many");
            return pod;
        });
        assertThat(pods.stream().map(pod -> pod.status().getNetwork().getIp()))
                .as("every pod has an address of its own")
                .doesNotHaveDuplicates()
                .hasSize(count);
        eightAtATime(count, number -> {
            pods.get(number).stop();
            pods.get(number).remove();
            return number;
        });
    }

    @FunctionalInterface
    private interface Work<T> {
        T number(int number) throws Exception;
    }

    private static <T> List<T> eightAtATime(int count, Work<T> work) throws Exception {
        try (ExecutorService workers = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<Callable<T>> all = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                int own = number;
                all.add(() -> work.number(own));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : workers.invokeAll(all)) {
                results.add(future.get());
            }
            return results;
        }
    }

    private long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + node.daemon().pid() + "/fd"))) {
            return open.count();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
