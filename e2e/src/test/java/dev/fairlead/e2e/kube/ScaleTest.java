package dev.fairlead.e2e.kube;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Cgroups;
import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * As many pods as the kubelet allows by default, each with an exec probe, for minutes; then hundreds that come and go. Run by
 * {@code e2e/kubernetes --scale}, once with each runtime, which makes a table of what they cost.
 */
@Tag("scale")
class ScaleTest {
    private static final int PODS = 110 - 2; // two are left for what is only looked at
    private static final Duration OBSERVED = Duration.ofMinutes(5);
    private static final int CHURN = 500;
    private static final int AT_A_TIME = 20;

    private final Path metrics = Path.of("/run/metrics.sock");
    private final Path runtime = Cgroups.directory("cpuacct", "/runtime");
    private final List<String> rows = new ArrayList<>();

    @Test
    void manyPodsAndManyMore() throws IOException {
        Files.createDirectories(runtime);
        String[] options = Daemon.isFairlead() ? new String[] {"--metrics=unix:" + metrics} : new String[0];
        try (Cluster cluster =
                new Cluster(Node.start(Daemon.underTest().in(runtime), options), "serializeImagePulls: false")) {
            steady(cluster);
            if (Daemon.isFairlead()) {
                calls();
            }
            cluster.run("delete", "deployment", "many", "--wait=true");
            Wait.until(
                    "the many are gone",
                    Duration.ofMinutes(3),
                    () -> cluster.pods("app=many").size(),
                    count -> count == 0,
                    Duration.ofSeconds(1));
            churn(cluster);
        }
    }

    private void steady(Cluster cluster) throws IOException {
        long begun = System.nanoTime();
        cluster.apply("""
                apiVersion: apps/v1
                kind: Deployment
                metadata: { name: many }
                spec:
                  replicas: %d
                  selector: { matchLabels: { app: many } }
                  template:
                    metadata: { labels: { app: many } }
                    spec:
                      terminationGracePeriodSeconds: 1
                      containers:
                      - name: main
                        image: 127.0.0.1:5000/busybox:1
                        command: [sleep, '100000']
                        livenessProbe: { exec: { command: ['true'] }, periodSeconds: 1 }
                """.formatted(PODS));
        Wait.until(
                "all of them are ready",
                Duration.ofMinutes(5),
                () -> cluster.get("/apis/apps/v1/namespaces/default/deployments/many")
                        .at("/status/readyReplicas")
                        .asInt(),
                ready -> ready == PODS,
                Duration.ofMillis(500));
        row(PODS + " pods until all are ready, s", (System.nanoTime() - begun) / 1e9);
        Wait.pause(Duration.ofSeconds(20));

        double runtimeBefore = seconds(runtime);
        double podsBefore = seconds(Cgroups.directory("cpuacct", "/kubepods"));
        double nodeBefore = seconds(Cgroups.directory("cpuacct", "/"));
        double probesBefore = probes(cluster);
        long started = System.nanoTime();
        Wait.pause(OBSERVED);
        double elapsed = (System.nanoTime() - started) / 1e9;
        double runtimeUsed = seconds(runtime) - runtimeBefore;
        double probes = probes(cluster) - probesBefore;
        double podsUsed = seconds(Cgroups.directory("cpuacct", "/kubepods")) - podsBefore;
        row(PODS + " pods with an exec probe a second: probes that succeeded, a second", probes / elapsed);
        row("CPU of the runtime for each, ms", 1000 * runtimeUsed / probes);
        row("CPU of runtime and pods for each, ms", 1000 * (runtimeUsed + podsUsed) / probes);
        row("CPU of the runtime, % of a core", 100 * runtimeUsed / elapsed);
        row(
                "CPU of the node, kubelet and control plane included, % of a core",
                100 * (seconds(Cgroups.directory("cpuacct", "/")) - nodeBefore) / elapsed);
        row("daemon, PSS, MiB", Daemon.pssKiB(cluster.node.daemon().pid()) / 1024.0);
        row("all processes of the runtime, PSS, MiB", pss(runtime) / 1024.0);
        int restarts = restarts(cluster);
        row("restarts of containers, for probes that were late", restarts);
        if (Daemon.isFairlead()) {
            assertThat(restarts).isZero();
        }
    }

    private static int restarts(Cluster cluster) {
        return cluster.pods("app=many").stream()
                .mapToInt(pod -> PodOnNode.container(pod.status(), "main")
                        .path("restartCount")
                        .asInt())
                .sum();
    }

    /** Liveness probes that have succeeded, as the kubelet counts them. */
    private static double probes(Cluster cluster) {
        return cluster.run("get", "--raw", "/api/v1/nodes/" + Cluster.NODE + "/proxy/metrics/probes")
                .lines()
                .filter(line -> line.startsWith("prober_probe_total{")
                        && line.contains("probe_type=\"Liveness\"")
                        && line.contains("result=\"successful\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    private void churn(Cluster cluster) {
        long begun = System.nanoTime();
        cluster.apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: { name: churn }
                spec:
                  completions: %d
                  parallelism: %d
                  template:
                    metadata: { labels: { app: churn } }
                    spec:
                      restartPolicy: Never
                      containers: [{ name: main, image: '127.0.0.1:5000/busybox:1', command: ['true'] }]
                """.formatted(CHURN, AT_A_TIME));
        Wait.until(
                "all have ended well",
                Duration.ofMinutes(20),
                () -> cluster.get("/apis/batch/v1/namespaces/default/jobs/churn")
                        .at("/status/succeeded")
                        .asInt(),
                done -> done == CHURN,
                Duration.ofSeconds(1));
        row(CHURN + " pods of a Job, " + AT_A_TIME + " at a time, s", (System.nanoTime() - begun) / 1e9);
        cluster.run("delete", "job", "churn", "--wait=true");
    }

    /** What each CRI call has taken, of the daemon's own histograms. */
    private void calls() throws IOException {
        Pattern bucket = Pattern.compile(
                "grpc_server_processing_duration_seconds_bucket\\{(?:.*,)?method=\"(\\w+)\".*le=\"([^\"]+)\".*} ([0-9.E+]+)");
        Map<String, NavigableMap<Double, Double>> methods = new TreeMap<>();
        Command.run("curl", "-sf", "--unix-socket", metrics.toString(), "http://fairlead/metrics")
                .output()
                .lines()
                .map(bucket::matcher)
                .filter(Matcher::matches)
                .forEach(line -> methods.computeIfAbsent(line.group(1), _ -> new TreeMap<>())
                        .merge(
                                line.group(2).equals("+Inf")
                                        ? Double.POSITIVE_INFINITY
                                        : Double.parseDouble(line.group(2)),
                                Double.parseDouble(line.group(3)),
                                Double::sum));
        assertThat(methods).containsKey("ExecSync");
        List<String> table = new ArrayList<>(
                List.of("| call | number | median, ms | 99th percentile, ms |", "|---|---:|---:|---:|"));
        methods.forEach((method, buckets) -> table.add(String.format(
                Locale.ROOT,
                "| %s | %.0f | %s | %s |",
                method,
                buckets.lastEntry().getValue(),
                quantile(buckets, 0.5),
                quantile(buckets, 0.99))));
        Files.write(Daemon.directory("e2e.logs").resolve("calls.md"), table);
    }

    /** As Prometheus' histogram_quantile has it, in milliseconds. */
    private static String quantile(NavigableMap<Double, Double> buckets, double which) {
        double wanted = which * buckets.lastEntry().getValue();
        double below = 0;
        double countBelow = 0;
        for (Map.Entry<Double, Double> bucket : buckets.entrySet()) {
            if (bucket.getValue() >= wanted) {
                if (bucket.getKey().isInfinite()) {
                    return String.format(Locale.ROOT, "> %.0f", 1000 * below);
                }
                double part =
                        bucket.getValue() == countBelow ? 1 : (wanted - countBelow) / (bucket.getValue() - countBelow);
                return String.format(Locale.ROOT, "%.1f", 1000 * (below + part * (bucket.getKey() - below)));
            }
            below = bucket.getKey();
            countBelow = bucket.getValue();
        }
        throw new AssertionError("a histogram without its last bucket");
    }

    private void row(String what, double value) {
        rows.add(String.format(Locale.ROOT, "%s|%.1f", what, value));
        try {
            Files.createDirectories(Daemon.directory("e2e.logs"));
            Files.write(Daemon.directory("e2e.logs").resolve("scale"), rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double seconds(Path cgroup) throws IOException {
        return Long.parseLong(Files.readString(cgroup.resolve("cpuacct.usage")).strip()) / 1e9;
    }

    private static long pss(Path cgroup) throws IOException {
        long sum = 0;
        for (String pid : Files.readAllLines(cgroup.resolve("cgroup.procs"))) {
            sum += Daemon.pssKiB(Long.parseLong(pid));
        }
        return sum;
    }
}
