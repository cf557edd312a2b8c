package dev.fairlead.e2e;

import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Figures of Fairlead next to containerd and runc: both daemons on one node with one pod network, asked in turn, so that whatever else the
 * machine does hits both. Run by e2e/bench.
 */
@Tag("figures")
class FiguresTest {
    private static final int ROUNDS = Integer.getInteger("e2e.rounds", 20);
    private static final int WARM_UP = 5;
    private static final int PODS = 10;
    private static final String LARGE = "127.0.0.1:5000/large:1";

    /** One runtime, and what was measured of it: operation to milliseconds. */
    private record Subject(Daemon daemon, Cri cri, Map<String, List<Double>> times) {
        static Subject of(Daemon daemon) throws IOException {
            daemon.start();
            Cri cri = new Cri(daemon.socket());
            Wait.pause(Duration.ofSeconds(1));
            cri.pull(Node.BUSYBOX);
            return new Subject(daemon, cri, new LinkedHashMap<>());
        }

        <T> T time(String operation, Supplier<T> work) {
            long before = System.nanoTime();
            T result = work.get();
            times.computeIfAbsent(operation, key -> new ArrayList<>()).add((System.nanoTime() - before) / 1e6);
            return result;
        }

        void time(String operation, Runnable work) {
            time(operation, () -> {
                work.run();
                return "";
            });
        }

        double median(String operation) {
            List<Double> sorted = Objects.requireNonNull(times.get(operation), operation).stream()
                    .sorted()
                    .toList();
            return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
        }
    }

    @Test
    void besideContainerdAndRunc() throws Exception {
        Subject containerd = Subject.of(Daemon.containerd());
        Subject fairlead =
                Daemon.isFairlead() ? Subject.of(Daemon.fairlead()) : containerd; // the peer alone: to try this test
        List<Subject> subjects = Stream.of(fairlead, containerd).distinct().toList();
        for (Subject subject : subjects) {
            for (int round = 0; round < WARM_UP; round++) {
                cycle(subject, round);
            }
            pull(subject);
            subject.times().clear();
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (Subject subject : round % 2 == 0 ? subjects : subjects.reversed()) {
                cycle(subject, WARM_UP + round);
                pull(subject);
            }
        }
        Map<String, List<String>> rows = new LinkedHashMap<>();
        for (String operation : fairlead.times().keySet()) {
            double own = fairlead.median(operation);
            double peer = containerd.median(operation);
            rows.put(operation + ", ms", List.of(number(own), number(peer), number(own / peer)));
        }
        List<long[]> memory = new ArrayList<>();
        for (Subject subject : List.of(fairlead, containerd)) {
            memory.add(memory(subject));
        }
        memoryRow(rows, "daemon, PSS, KiB", memory, 0);
        memoryRow(rows, "each of " + PODS + " pods, PSS, KiB", memory, 1);
        memoryRow(rows, "together, PSS, KiB", memory, 2);
        print(rows);
        for (Subject subject : subjects) {
            subject.cri().close();
            subject.daemon().stop();
        }
    }

    private static void cycle(Subject subject, int round) {
        for (boolean host : List.of(false, true)) {
            String where = host ? " (host network)" : " (bridge)";
            PodSandboxConfig config = config("figure-" + round + host, host);
            Pod pod = subject.time("RunPodSandbox" + where, () -> Pod.run(subject.cri(), config));
            if (!host) {
                Container container = subject.time(
                        "CreateContainer",
                        () -> pod.create(Node.shell("trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done")));
                subject.time("StartContainer", container::start);
                container.exec("true");
                subject.time("ExecSync of true", () -> container.exec("true"));
                subject.time("StopContainer", () -> container.stop(Duration.ofSeconds(10)));
                subject.time("RemoveContainer", container::remove);
            }
            subject.time("StopPodSandbox" + where, pod::stop);
            pod.remove();
        }
    }

    private static PodSandboxConfig config(String name, boolean host) {
        PodSandboxConfig.Builder config = PodSandboxConfig.newBuilder().setLogDirectory("/var/log/pods/" + name);
        config.getMetadataBuilder().setName(name).setNamespace("e2e").setUid("uid-" + name);
        config.getLinuxBuilder()
                .setCgroupParent("/e2e")
                .getSecurityContextBuilder()
                .getNamespaceOptionsBuilder()
                .setPid(NamespaceMode.CONTAINER)
                .setNetwork(host ? NamespaceMode.NODE : NamespaceMode.POD);
        return config.build();
    }

    private static void pull(Subject subject) {
        subject.time("pull of 64 MiB in 4 layers", () -> subject.cri().pull(LARGE));
        subject.cri().removeImage(LARGE);
        Wait.pause(Duration.ofMillis(200)); // containerd removes the content in the background
    }

    /** Of the daemon, of each pod, of all together, with {@link #PODS} pods of one sleeping container each; that container not counted. */
    private static long[] memory(Subject subject) throws IOException {
        List<Long> before = processes();
        List<Pod> pods = new ArrayList<>();
        for (int number = 0; number < PODS; number++) {
            Pod pod = Pod.run(subject.cri(), config("memory-" + number, false));
            pods.add(pod);
            var _ = pod.run(Node.command("sleep", "100000"));
        }
        Wait.pause(Duration.ofSeconds(3));
        long daemon = Daemon.pssKiB(subject.daemon().pid());
        long others = 0;
        List<Long> more = new ArrayList<>(processes());
        more.removeAll(before);
        for (long pid : more) {
            if (!Files.readString(Path.of("/proc/" + pid + "/cmdline")).startsWith("sleep")) {
                others += Daemon.pssKiB(pid);
            }
        }
        for (Pod pod : pods) {
            pod.stop();
            pod.remove();
        }
        return new long[] {daemon, others / PODS, daemon + others};
    }

    private static List<Long> processes() throws IOException {
        try (Stream<Path> paths = Files.list(Path.of("/proc"))) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Long::valueOf)
                    .toList();
        }
    }

    private static void memoryRow(Map<String, List<String>> rows, String name, List<long[]> memory, int index) {
        double own = memory.get(0)[index];
        double peer = memory.get(1)[index];
        rows.put(name, List.of("%.0f".formatted(own), "%.0f".formatted(peer), number(own / peer)));
    }

    private static String number(double value) {
        return value >= 100
                ? "%.0f".formatted(value)
                : String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
    }

    private static void print(Map<String, List<String>> rows) throws IOException {
        StringBuilder table = new StringBuilder(
                "| median of " + ROUNDS + " | Fairlead | containerd + runc | ratio |\n|---|---:|---:|---:|\n");
        rows.forEach((name, cells) -> table.append("| ")
                .append(name)
                .append(" | ")
                .append(String.join(" | ", cells))
                .append(" |\n"));
        System.out.print(table);
        Files.writeString(Daemon.directory("e2e.logs").resolve("figures.md"), table.toString());
    }
}
