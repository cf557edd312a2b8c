package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A runtime that goes away again and again while the kubelet works with it, and a node that is emptied. */
@OnCluster
@Isolated("takes the daemon away, and drains the node")
class FaultsTest {
    private static final int PODS = 20;
    private static final int DEATHS = 25;
    private static final Duration BETWEEN_DEATHS = Duration.ofSeconds(2);
    private static final long FILLER_MIB = 1024;

    private static final Pattern IMAGE_DISK = Pattern.compile("\"imageFs\":\\s*\\{[^}]*\"availableBytes\":\\s*(\\d+)");

    /** Disks are looked at every ten seconds. */
    private static final Duration SOON = Duration.ofMinutes(1);

    private final Cluster cluster;

    FaultsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    private void run(String name, String app) {
        cluster.apply("""
                apiVersion: v1
                kind: Pod
                metadata: { name: %s, labels: { app: %s } }
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: 127.0.0.1:5000/busybox:1
                    command: [sleep, '100000']
                    livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1, failureThreshold: 2 }
                """.formatted(name, app));
    }

    @Test
    void aDaemonThatDiesEveryTwoSecondsRestartsNoContainer() throws IOException {
        for (int i = 0; i < PODS; i++) {
            run("steady-" + i, "steady");
        }
        cluster.run("wait", "--for=condition=Ready", "pod", "-l", "app=steady", "--timeout=150s");
        Map<String, String> before = containers();
        assertThat(before).hasSize(PODS);
        String readySince = ready().path("lastTransitionTime").asText();

        List<String> coming = new ArrayList<>();
        for (int i = 0; i < DEATHS; i++) {
            Wait.pause(BETWEEN_DEATHS);
            cluster.node.daemon().kill();
            if (i % 3 == 0) { // asked for while there is no daemon
                run("coming-" + i, "coming");
                coming.add("coming-" + i);
            }
            if (i % 6 == 5) {
                cluster.run("delete", "pod", coming.removeFirst(), "--wait=false");
            }
            cluster.node.startDaemon();
        }

        Wait.until(
                "those that were deleted are gone",
                Duration.ofSeconds(60),
                () -> cluster.pods("app=coming").stream()
                        .map(PodOnNode::name)
                        .sorted()
                        .toList(),
                coming.stream().sorted().toList()::equals,
                Duration.ofMillis(500));
        cluster.run("wait", "--for=condition=Ready", "pod", "-l", "app in (steady,coming)", "--timeout=150s");
        assertThat(containers()).as("the same containers as before").isEqualTo(before);
        for (PodOnNode pod : cluster.pods("app%20in%20(steady,coming)")) {
            assertThat(PodOnNode.container(pod.status(), "main")
                            .path("restartCount")
                            .asInt())
                    .as("restarts of %s", pod.name())
                    .isZero();
        }
        List<String> expected = Stream.concat(before.keySet().stream(), coming.stream())
                .sorted()
                .toList();
        Wait.until(
                "there is one container of each pod",
                Duration.ofSeconds(150),
                this::podsOfContainers,
                expected::equals,
                Duration.ofMillis(500));
        assertThat(ready().path("status").asText()).isEqualTo("True");
        assertThat(ready().path("lastTransitionTime").asText())
                .as("the node was ready all the time")
                .isEqualTo(readySince);
        cluster.run("delete", "pod", "-l", "app in (steady,coming)", "--wait=true", "--timeout=150s");
    }

    /** The pods of which the runtime has a container that runs, once for each container. */
    private List<String> podsOfContainers() {
        List<String> names = new ArrayList<>();
        for (JsonNode container : cluster.node.crictl().json("ps", "-o", "json").path("containers")) {
            names.add(container.path("labels").path("io.kubernetes.pod.name").asText());
        }
        return names.stream()
                .filter(name -> name.startsWith("steady-") || name.startsWith("coming-"))
                .sorted()
                .toList();
    }

    private Map<String, String> containers() {
        Map<String, String> containers = new TreeMap<>();
        for (PodOnNode pod : cluster.pods("app=steady")) {
            containers.put(pod.name(), pod.containerId("main"));
        }
        return containers;
    }

    private JsonNode ready() {
        return condition("Ready");
    }

    private JsonNode condition(String type) {
        for (JsonNode condition : cluster.nodeStatus().path("conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition;
            }
        }
        throw new AssertionError("the node has no condition " + type);
    }

    @Test
    void aFullDiskOfImagesIsToldByTheNodeAndEndsAPod() throws IOException {
        Path images = Path.of(cluster.node
                .crictl()
                .json("imagefsinfo")
                .at("/status/imageFilesystems/0/fsId/mountpoint")
                .asText());
        long available = Files.getFileStore(images).getUsableSpace() >> 20;
        assumeTrue(available > 2 * FILLER_MIB, "too little room on the disk to fill it: " + available + " MiB");
        run("greedy", "greedy");
        cluster.run("wait", "--for=condition=Ready", "pod/greedy", "--timeout=150s");
        cluster.kubelet.stop();
        cluster.kubelet.start(
                "evictionHard: { imagefs.available: " + (available - FILLER_MIB / 4) + "Mi }",
                "evictionPressureTransitionPeriod: 2s");
        Path filler = images.resolve("filler");
        try {
            Wait.until("the node knows its disk", SOON, () -> near(seen(), images), near -> near);
            assertThat(condition("DiskPressure").path("status").asText()).isEqualTo("False");

            Command.run("fallocate", "-l", FILLER_MIB + "M", filler.toString()).output();
            Wait.until("the node tells of it", SOON, () -> isUnderPressure(), pressure -> pressure);
            assertThat(near(seen(), images)).isTrue();
            JsonNode evicted = cluster.pod("greedy").awaitPhase("Failed");
            assertThat(evicted.path("reason").asText()).isEqualTo("Evicted");
            assertThat(evicted.path("message").asText()).contains("ephemeral-storage");
        } finally {
            Files.deleteIfExists(filler);
        }
        Wait.until("there is room again", SOON, () -> isUnderPressure(), pressure -> !pressure);
        cluster.kubelet.stop();
        cluster.kubelet.start();
        cluster.run("delete", "pod", "greedy", "--wait=true");
    }

    private boolean isUnderPressure() {
        return condition("DiskPressure").path("status").asText().equals("True");
    }

    /** What the kubelet takes for the room left for images, in MiB; -1: it was started a moment ago and has not looked yet. */
    private long seen() {
        Command.Result answer =
                cluster.result("get", "--raw", "/api/v1/nodes/" + Cluster.NODE + "/proxy/stats/summary");
        Matcher matcher = IMAGE_DISK.matcher(answer.out());
        return answer.exitCode() == 0 && matcher.find() ? Long.parseLong(matcher.group(1)) >> 20 : -1;
    }

    /** Others write to the disk, too. */
    private static boolean near(long mebibytes, Path images) {
        try {
            return Math.abs(mebibytes - (Files.getFileStore(images).getUsableSpace() >> 20)) < FILLER_MIB / 8;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aNodeThatIsDrained() {
        cluster.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: { name: movable }
                spec:
                  replicas: 2
                  selector: { matchLabels: { app: movable } }
                  template:
                    metadata: { labels: { app: movable } }
                    spec:
                      terminationGracePeriodSeconds: 1
                      volumes: [{ name: scratch, emptyDir: {} }]
                      containers:
                      - name: main
                        image: 127.0.0.1:5000/busybox:1
                        command: [sleep, '100000']
                        volumeMounts: [{ name: scratch, mountPath: /scratch }]
                """);
        cluster.run("rollout", "status", "deployment/movable", "--timeout=150s");
        cluster.run(
                "drain", Cluster.NODE, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=150s");
        assertThat(cluster.pods("app=movable"))
                .allSatisfy(
                        pod -> assertThat(pod.status().path("phase").asText()).isEqualTo("Pending"));
        Wait.until(
                "nothing of them runs",
                Duration.ofSeconds(30),
                () -> cluster.node.crictl().run("ps", "-q", "--label", "io.kubernetes.container.name=main"),
                String::isEmpty,
                Duration.ofMillis(500));
        cluster.run("uncordon", Cluster.NODE);
        cluster.run("rollout", "status", "deployment/movable", "--timeout=150s");
        cluster.run("delete", "deployment", "movable", "--wait=true");
    }
}
