package dev.fairlead.e2e.figures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ListContainerStatsRequest;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListPodSandboxMetricsRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.ListPodSandboxStatsRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.e2e.Container;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Pod;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** How costs grow with the pods of a node: memory, calls, polls, the daemon's start. */
final class ManyPods {
    private static final int TIMES = 15;
    private static final int POLLS = 10;
    private static final int MOST = 200;

    private final Peer peer;
    private final Report report;
    private final List<Pod> pods = new ArrayList<>();
    private final List<Container> containers = new ArrayList<>();

    ManyPods(Peer peer, Report report) {
        this.peer = peer;
        this.report = report;
    }

    void measure() throws IOException, InterruptedException {
        memory("no pod", List.of(), 0);
        List<Long> before = processes();
        grow(1);
        calls();
        grow(10);
        memory("10 pods", before, 10);
        grow(50);
        calls();
        grow(100);
        memory("100 pods", before, 100);
        SteadyWork.probes(peer, List.copyOf(containers), report);
        polls();
        Starts.measureAgain(peer, pods.size(), report);
        grow(MOST);
        calls();
        lists();
        for (Pod pod : pods) {
            Peer.remove(pod);
        }
        Wait.pause(Duration.ofSeconds(25)); // what a daemon gives back when it is quiet, it has given back by then
        memory("no pod any more", List.of(), 0);
    }

    private void grow(int count) {
        while (pods.size() < count) {
            Pod pod = peer.run("many-" + pods.size(), NamespaceMode.POD);
            pods.add(pod);
            containers.add(pod.run(Node.command("sleep", "100000")));
        }
    }

    private void calls() {
        List<Double> creates = new ArrayList<>();
        List<Double> execs = new ArrayList<>();
        Pod pod = pods.getFirst();
        for (int i = 0; i < TIMES; i++) {
            Container[] made = new Container[1];
            creates.add(millis(() -> {
                made[0] = pod.run(Node.command("sleep", "100000"));
                return 1;
            }));
            var _ = made[0].exec("true");
            execs.add(millis(() -> made[0].exec("true").length() + 1));
            made[0].stop(Duration.ZERO);
            made[0].remove();
        }
        report.samples("CreateContainer + StartContainer at " + pods.size() + " pods, ms", peer.name(), creates);
        report.samples("ExecSync of true at " + pods.size() + " pods, ms", peer.name(), execs);
    }

    private static double millis(IntSupplier call) {
        long before = System.nanoTime();
        assertThat(call.getAsInt()).isPositive();
        return (System.nanoTime() - before) / 1e6;
    }

    private void lists() {
        samples(
                "ListPodSandbox",
                () -> peer.cri()
                        .runtime()
                        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsCount());
        samples(
                "ListContainers",
                () -> peer.cri()
                        .runtime()
                        .listContainers(ListContainersRequest.getDefaultInstance())
                        .getContainersCount());
    }

    private void samples(String call, IntSupplier work) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < 2 * TIMES; i++) {
            double time = millis(() -> {
                int count = work.getAsInt();
                assertThat(count).isGreaterThanOrEqualTo(MOST);
                return count;
            });
            if (i >= TIMES) {
                times.add(time);
            }
        }
        report.samples(call + " at " + MOST + " pods, ms", peer.name(), times);
    }

    /** CPU time of the runtime for each of the kubelet's polls. */
    private void polls() throws IOException {
        poll(
                "ListContainerStats",
                () -> peer.cri()
                        .runtime()
                        .listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                        .getStatsCount());
        poll(
                "ListPodSandboxStats",
                () -> peer.cri()
                        .runtime()
                        .listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance())
                        .getStatsCount());
        poll(
                "ListPodSandboxMetrics",
                () -> peer.cri()
                        .runtime()
                        .listPodSandboxMetrics(ListPodSandboxMetricsRequest.getDefaultInstance())
                        .getPodMetricsCount());
    }

    private void poll(String call, IntSupplier work) throws IOException {
        assertThat(work.getAsInt()).isPositive();
        Wait.pause(Duration.ofMillis(200));
        double before = peer.runtimeSeconds();
        for (int i = 0; i < POLLS; i++) {
            assertThat(work.getAsInt()).isPositive();
        }
        report.less(
                call + " of " + pods.size() + " pods, CPU of the runtime, ms",
                peer.name(),
                (peer.runtimeSeconds() - before) * 1000 / POLLS);
    }

    /** PSS of the daemon, and of what else was started for the pods, their own programs not counted. */
    private void memory(String when, List<Long> before, int count) throws IOException {
        Wait.pause(Duration.ofSeconds(12));
        report.less(
                "daemon, " + when + ", PSS, MiB",
                peer.name(),
                Daemon.pssKiB(peer.daemon().pid()) / 1024.0);
        if (count == 0) {
            return;
        }
        List<Long> more = new ArrayList<>(processes());
        more.removeAll(before);
        long others = 0;
        for (long pid : more) {
            if (!isOfAPod(pid)) {
                others += Daemon.pssKiB(pid);
            }
        }
        report.less("each of " + when + ", all processes, PSS, KiB", peer.name(), (double) others / count);
    }

    private static boolean isOfAPod(long pid) throws IOException {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/cmdline")).startsWith("sleep");
        } catch (NoSuchFileException e) {
            return true; // it has ended
        }
    }

    private static List<Long> processes() throws IOException {
        try (Stream<Path> paths = Files.list(Path.of("/proc"))) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Long::valueOf)
                    .toList();
        }
    }
}
