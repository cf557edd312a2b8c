package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What dashboards and autoscalers read of a pod is what its cgroups say. */
@OnCluster
class StatsTest {
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Cluster cluster;

    StatsTest(Cluster cluster) {
        this.cluster = cluster;
    }

    private PodOnNode holder(String name) {
        PodOnNode pod = cluster.pod(name, """
                terminationGracePeriodSeconds: 1
                volumes: [{ name: held, emptyDir: { medium: Memory } }, { name: disk, emptyDir: {} }]
                containers:
                - name: main
                  image: 127.0.0.1:5000/busybox:1
                  command:
                  - sh
                  - -c
                  - |
                    dd if=/dev/zero of=/held/bytes bs=1M count=20
                    dd if=/dev/zero of=/disk/bytes bs=1M count=5
                    i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done
                    echo settled
                    exec sleep 100000
                  volumeMounts: [{ name: held, mountPath: /held }, { name: disk, mountPath: /disk }]
                """);
        pod.awaitLog("main", "settled");
        pod.awaitReady(); // from then on its status has the container's id
        return pod;
    }

    @Test
    void theSummary() throws Exception {
        PodOnNode pod = holder("holder");
        String id = pod.containerId("main");
        double used = cpu(id);
        JsonNode stats = Wait.until(
                "the summary has the pod's CPU time " + used + " ns, and what its cgroup has of memory",
                LONGEST,
                () -> summaryOf("holder"),
                of -> of.at("/memory/workingSetBytes").asLong() > 20 << 20
                        && isClose(
                                of.at("/containers/0/cpu/usageCoreNanoSeconds").asDouble(), used)
                        && isClose(
                                of.at("/containers/0/memory/usageBytes").asDouble(),
                                number("memory", id, "memory.usage_in_bytes", "memory.current")),
                Duration.ofSeconds(1));
        assertThat(stats.at("/containers/0/memory/workingSetBytes").asLong()).isGreaterThan(20 << 20);
        assertThat(stats.at("/containers/0/rootfs/usedBytes").isIntegralNumber())
                .isTrue();
        assertThat(stats.at("/containers/0/logs/usedBytes").isIntegralNumber()).isTrue();
    }

    @Test
    void theResourceMetrics() throws Exception {
        PodOnNode pod = holder("measured");
        String labels = "{container=\"main\",namespace=\"default\",pod=\"measured\"}";
        Wait.until(
                "the metric has the container's 20 MiB",
                LONGEST,
                () -> metric("/metrics/resource", "container_memory_working_set_bytes" + labels),
                bytes -> bytes > 20 << 20,
                Duration.ofSeconds(1));
        double used = cpu(pod.containerId("main"));
        Wait.until(
                "the metric has the CPU time of the cgroup, " + used + " ns",
                LONGEST,
                () -> metric("/metrics/resource", "container_cpu_usage_seconds_total" + labels) * 1e9,
                nanos -> isClose(nanos, used),
                Duration.ofSeconds(1));
        assertThat(metric("/metrics/resource", "container_start_time_seconds" + labels))
                .isCloseTo(System.currentTimeMillis() / 1000.0, within(120.0));
        Wait.until(
                "the metric has the pod's 20 MiB",
                LONGEST,
                () -> metric(
                        "/metrics/resource", "pod_memory_working_set_bytes{namespace=\"default\",pod=\"measured\"}"),
                bytes -> bytes > 20 << 20,
                Duration.ofSeconds(1));
    }

    @Test
    void theImageFileSystem() {
        JsonNode runtime = Wait.until(
                "the summary has the image file system",
                LONGEST,
                () -> json(cluster.ofKubelet("/stats/summary")).at("/node/runtime/imageFs"),
                fs -> fs.path("usedBytes").asLong() > 0,
                Duration.ofSeconds(1));
        assertThat(runtime.path("capacityBytes").asLong()).isPositive();
        assertThat(runtime.path("availableBytes").asLong()).isPositive();
    }

    /** Between two readings the values move. */
    private static boolean isClose(double one, double other) {
        return Math.abs(one - other) < 0.15 * other;
    }

    private JsonNode summaryOf(String name) {
        for (JsonNode pod : json(cluster.ofKubelet("/stats/summary")).path("pods")) {
            if (pod.at("/podRef/name").asText().equals(name)) {
                return pod;
            }
        }
        return MissingNode.getInstance();
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /** A sample of the text format, of its newest value; 0 if there is none. */
    private double metric(String path, String sample) {
        return cluster.ofKubelet(path)
                .lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToDouble(line ->
                        Double.parseDouble(line.substring(sample.length() + 1).split(" ", 2)[0]))
                .findFirst()
                .orElse(0);
    }

    private static double number(String controller, String id, String v1, String v2) {
        try {
            return Double.parseDouble(Cgroups.read("/kubepods", id, controller, v1, v2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double cpu(String id) throws IOException {
        if (!Cgroups.unified()) {
            return number("cpuacct", id, "cpuacct.usage", "");
        }
        return Cgroups.read("/kubepods", id, "cpu", "", "cpu.stat")
                        .lines()
                        .filter(line -> line.startsWith("usage_usec "))
                        .mapToDouble(line -> Double.parseDouble(line.substring("usage_usec ".length())))
                        .findFirst()
                        .orElseThrow()
                * 1000;
    }
}
