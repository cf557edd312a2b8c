package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A kubelet that goes away and comes back, is told what happens instead of asking, and runs out of disk. */
@Tag("kubelet")
@Isolated("every test has a daemon and a kubelet of its own, at the same places")
class KubeletTest {
    private static final String SLEEPER = """
            terminationGracePeriodSeconds: 1
            containers:
            - name: main
              image: 127.0.0.1:5000/busybox:1
              command: [sleep, '1000']
            """;
    private static final String UNUSED = "127.0.0.1:5000/volume:1";

    private KubeletAlone alone;

    @BeforeEach
    void start() throws IOException {
        alone = new KubeletAlone();
    }

    @AfterEach
    void stop() throws IOException {
        alone.close();
    }

    @Test
    void aKubeletThatWasKilledFindsItsPodsAgain() throws IOException {
        PodOnNode pod = alone.pods.run("survivor", SLEEPER);
        pod.awaitReady();
        String id = pod.containerId("main");
        alone.kubelet.kill();
        alone.kubelet.start();
        pod.awaitReady();
        Wait.pause(Duration.ofSeconds(3)); // it has looked at all of them twice
        assertThat(pod.containerId("main")).isEqualTo(id);
        assertThat(PodOnNode.container(pod.status(), "main")
                        .path("restartCount")
                        .asInt())
                .isZero();
    }

    @Test
    void aDaemonThatWasKilledIsFoundAgain() throws IOException {
        PodOnNode pod = alone.pods.run("survivor", SLEEPER);
        pod.awaitReady();
        String id = pod.containerId("main");
        alone.node.daemon().kill();
        Wait.pause(Duration.ofSeconds(2));
        alone.node.startDaemon();
        alone.pods.run("later", SLEEPER).awaitReady();
        assertThat(pod.containerId("main")).isEqualTo(id);
    }

    @Test
    void aKubeletThatIsToldEventsSeesTheSame() throws IOException {
        alone.kubelet.stop();
        alone.kubelet.start("featureGates: { EventedPLEG: true }");
        PodOnNode crash = alone.pods.run("crash", """
                terminationGracePeriodSeconds: 1
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: [sh, -c, 'sleep 0.2; exit 3']
                """);
        PodOnNode brief = alone.pods.run("brief", """
                restartPolicy: Never
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command: ['true']
                """);
        brief.awaitPhase("Succeeded");
        crash.awaitContainer(
                "main",
                "was restarted",
                container -> container.path("restartCount").asInt() > 0);
        assertThat(metric("kubelet_evented_pleg_connection_success_count")).hasValue(1);
    }

    /** cAdvisor knows the sockets of two other runtimes, so the kubelet by itself has no container's name in its metrics. */
    @Test
    void metricsOfContainersComeThroughTheKubeletOrFromTheDaemon() throws IOException {
        Path socket = Path.of("/run/metrics.sock");
        alone.node.restartDaemon("--metrics=unix:" + socket);
        alone.kubelet.stop();
        alone.kubelet.start("featureGates: { PodAndContainerStatsFromCRI: true }");
        PodOnNode pod = alone.pods.run("measured", SLEEPER);
        pod.awaitReady();
        String workingSet =
                "container_memory_working_set_bytes\\{container=\"main\",id=\"/kubepods/[^\"]+\",image=\"127.0.0.1:5000/busybox:1\","
                        + "name=\"" + pod.containerId("main")
                        + "\",namespace=\"default\",pod=\"measured-fairlead-node\"} [1-9][0-9.e+]*.*";
        for (Supplier<String> source : List.<Supplier<String>>of(
                () -> alone.kubelet.get("/metrics/cadvisor"),
                () -> Command.run("curl", "-sf", "--unix-socket", socket.toString(), "http://fairlead/metrics/cadvisor")
                        .output())) {
            List<String> lines = Wait.until(
                    "the container is measured",
                    Duration.ofSeconds(30),
                    () -> source.get()
                            .lines()
                            .filter(line -> !line.startsWith("#"))
                            .toList(),
                    all -> all.stream().anyMatch(line -> line.matches(workingSet)),
                    Duration.ofMillis(500));
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("container_network_receive_bytes_total{")
                            .contains("interface=\"eth0\"", "pod=\"measured-fairlead-node\""));
            assertThat(lines)
                    .anySatisfy(line -> assertThat(line)
                            .startsWith("container_cpu_usage_seconds_total{")
                            .contains("container=\"main\"", "cpu=\"total\""));
        }
        Wait.until(
                "the summary has the pod's network",
                Duration.ofSeconds(30),
                () -> alone.pods.json("/stats/summary").path("pods").toString(),
                summary -> summary.contains("\"rxBytes\""),
                Duration.ofMillis(500));
        alone.node.restartDaemon();
    }

    private OptionalDouble metric(String name) {
        return alone.kubelet
                .get("/metrics")
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst();
    }

    @Test
    void aKubeletWithTooLittleDiskRemovesImagesThatNobodyUses() throws IOException {
        alone.pods.run("user", SLEEPER).awaitReady();
        alone.node.cri().pull(UNUSED);
        assertThat(alone.node.crictl().run("images")).contains("127.0.0.1:5000/volume");
        alone.kubelet.stop();
        alone.kubelet.start("imageMinimumGCAge: 1s", "evictionHard: { imagefs.available: 99% }");
        Wait.until(
                "the image that nobody uses is gone",
                Duration.ofMinutes(1),
                () -> alone.node.crictl().run("images"),
                images -> !images.contains("127.0.0.1:5000/volume"),
                Duration.ofMillis(500));
        assertThat(alone.node.crictl().run("images")).contains("127.0.0.1:5000/busybox");
    }
}
