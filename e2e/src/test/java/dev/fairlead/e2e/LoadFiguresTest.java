package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.VersionRequest;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a node's steady work costs with Fairlead and with containerd: exec probes, output of containers, the daemon's start. CPU time is that of two
 * cgroups: the runtime with all its processes, and its containers.
 */
@Tag("figures")
class LoadFiguresTest {
    private static final int PODS = 100;
    private static final int SECONDS = 20;
    private static final int PARALLEL = 32;
    private static final int STARTS = 9;
    private static final int LINES = 1_500_000;
    private static final String LINE = "0123456789".repeat(10).substring(1);

    private final Map<String, List<Double>> rows = new LinkedHashMap<>();

    /** A runtime in a cgroup of its own. */
    private record Subject(String name, Daemon daemon) {
        /** Of the runtime's processes, in seconds; those that have ended, too. */
        double runtimeSeconds() throws IOException {
            return seconds(runtime());
        }

        /** Of its containers. */
        double containersSeconds() throws IOException {
            return seconds(pods());
        }

        private static double seconds(Path cgroup) throws IOException {
            return Files.exists(cgroup)
                    ? Long.parseLong(Files.readString(cgroup.resolve("cpuacct.usage"))
                                    .strip())
                            / 1e9
                    : 0;
        }

        Path runtime() {
            return Cgroups.directory("cpuacct", "/runtime-" + name);
        }

        Path pods() {
            return Cgroups.directory("cpuacct", "/pods-" + name);
        }

        Cri start() throws IOException {
            Files.createDirectories(runtime());
            daemon.in(runtime()).start();
            return new Cri(daemon.socket());
        }

        PodSandboxConfig config(String pod) {
            PodSandboxConfig.Builder config =
                    PodSandboxConfig.newBuilder().setLogDirectory("/var/log/pods/" + name + "-" + pod);
            config.getMetadataBuilder().setName(pod).setNamespace(name).setUid("uid-" + pod);
            config.getLinuxBuilder()
                    .setCgroupParent("/pods-" + name)
                    .getSecurityContextBuilder()
                    .getNamespaceOptionsBuilder()
                    .setPid(NamespaceMode.CONTAINER)
                    .setNetwork(NamespaceMode.NODE);
            return config.build();
        }
    }

    @Test
    void besideContainerd() throws Exception {
        assertThat(Cgroups.unified()).as("CPU time is read from cgroup v1").isFalse();
        for (Subject subject :
                List.of(new Subject("fairlead", Daemon.fairlead()), new Subject("containerd", Daemon.containerd()))) {
            starts(subject);
            try (Cri cri = subject.start()) {
                cri.pull(Node.BUSYBOX);
                output(subject, cri);
                probes(subject, cri);
            } finally {
                subject.daemon().stop();
            }
        }
        print();
    }

    private void row(String name, double value) {
        rows.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }

    private void starts(Subject subject) throws IOException {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < STARTS; i++) {
            long before = System.nanoTime();
            subject.daemon().launch();
            awaitAnswer(subject.daemon());
            times.add((System.nanoTime() - before) / 1e6);
            subject.daemon().stop();
        }
        row(
                "daemon start to the first answer, ms",
                times.stream().sorted().toList().get(STARTS / 2));
    }

    private static void awaitAnswer(Daemon daemon) throws IOException {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (System.nanoTime() < deadline) {
            if (daemon.accepts()) {
                try (Cri cri = new Cri(daemon.socket())) {
                    cri.runtime().withDeadlineAfter(1, TimeUnit.SECONDS).version(VersionRequest.getDefaultInstance());
                    return;
                } catch (StatusRuntimeException notYet) {
                    LockSupport.parkNanos(500_000);
                }
            }
            LockSupport.parkNanos(500_000);
        }
        throw new AssertionError("no answer within a minute");
    }

    private void output(Subject subject, Cri cri) throws IOException {
        Pod pod = Pod.run(cri, subject.config("output"));
        Container container = pod.create(Node.shell("yes " + LINE + " | head -n " + LINES));
        double before = subject.runtimeSeconds();
        long start = System.nanoTime();
        container.start();
        container.awaitExit();
        double wall = (System.nanoTime() - start) / 1e9; // but for what a pipe holds, all is logged by now
        Wait.until("the rest is logged", Duration.ofMinutes(1), () -> lines(container), count -> count == LINES);
        double megabytes = LINES * (LINE.length() + 1) / 1e6;
        row("output, MB/s", megabytes / wall);
        row("output, MB per CPU second of the runtime", megabytes / (subject.runtimeSeconds() - before));
        pod.stop();
        pod.remove();
    }

    private static long lines(Container container) {
        try (Stream<String> lines = Files.lines(container.logFile(), StandardCharsets.US_ASCII)) {
            return lines.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void probes(Subject subject, Cri cri) throws IOException, InterruptedException {
        List<Container> containers = new ArrayList<>();
        List<Pod> pods = new ArrayList<>();
        for (int number = 0; number < PODS; number++) {
            Pod pod = Pod.run(cri, subject.config("probed-" + number));
            pods.add(pod);
            containers.add(pod.run(Node.command("sleep", "100000")));
        }
        Wait.pause(Duration.ofSeconds(3));
        row(
                "daemon with " + PODS + " pods, PSS, MiB",
                Daemon.pssKiB(subject.daemon().pid()) / 1024.0);
        double runtime = subject.runtimeSeconds();
        double inside = subject.containersSeconds();
        AtomicInteger done = new AtomicInteger();
        CountDownLatch end = new CountDownLatch(1);
        List<Future<?>> probing = new ArrayList<>();
        try (ScheduledExecutorService kubelet = Executors.newScheduledThreadPool(PARALLEL)) {
            for (int number = 0; number < PODS; number++) {
                Container container = containers.get(number);
                probing.add(kubelet.scheduleAtFixedRate(
                        () -> {
                            container.exec("true");
                            done.incrementAndGet();
                        },
                        number * 1000L / PODS,
                        1000,
                        TimeUnit.MILLISECONDS));
            }
            assertThat(end.await(SECONDS, TimeUnit.SECONDS)).isFalse();
            assertThat(probing).as("none has failed").noneMatch(Future::isDone);
            kubelet.shutdownNow();
        }
        double count = done.get();
        row("exec probes a second, of " + PODS + " asked for", count / SECONDS);
        row(
                "CPU time of an exec probe, the process in the container too, ms",
                1000 * (subject.runtimeSeconds() - runtime + subject.containersSeconds() - inside) / count);
        for (Pod pod : pods) {
            pod.stop();
            pod.remove();
        }
    }

    private void print() throws IOException {
        StringBuilder table = new StringBuilder("| | Fairlead | containerd + runc | ratio |\n|---|---:|---:|---:|\n");
        rows.forEach((name, values) -> table.append(String.format(
                Locale.ROOT,
                "| %s | %.1f | %.1f | %.2f |%n",
                name,
                values.getFirst(),
                values.getLast(),
                values.getFirst() / values.getLast())));
        System.out.print(table);
        Files.writeString(Daemon.directory("e2e.logs").resolve("load.md"), table.toString());
    }
}
