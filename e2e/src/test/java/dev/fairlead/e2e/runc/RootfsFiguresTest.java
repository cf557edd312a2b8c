package dev.fairlead.e2e.runc;

import dev.fairlead.e2e.Daemon;
import dev.fairlead.libcontainer.Container;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What an ordinary pod's container costs: 25 mounts, 6 devices, 16 masked and 7 read-only paths. Fairlead's library and runc in turn, so that
 * whatever else the machine does hits both, and system calls of each by strace. Run by {@code e2e/bench rootfs}.
 */
@Tag("figures")
class RootfsFiguresTest {
    private static final int ROUNDS = Integer.getInteger("e2e.rounds", 20);
    private static final int WARM_UP = 20;
    private static final int MOUNTS = 25;
    private static final long LIMIT_SECONDS = 30;

    private final Map<String, List<Double>> times = new LinkedHashMap<>();
    private int containers;

    private interface Work {
        void run() throws Exception;
    }

    @Test
    void besideRunc() throws Exception {
        Path probe = Comparison.buildProbe();
        try (Scene scene = Scene.of(ordinary(), probe);
                Fairlead fairlead = new Fairlead()) {
            for (int round = -WARM_UP; round < ROUNDS; round++) {
                withFairlead(fairlead, scene).destroy();
                withRunc(scene);
                if (round < 0) {
                    times.clear();
                }
            }
            Map<String, List<Double>> measured = new LinkedHashMap<>(times);
            times.clear(); // what follows is slowed down by strace
            Path counts = scene.state().resolve("strace");
            long runc = tracedRunc(scene, counts);
            List<Container> traced = new ArrayList<>();
            long own = traced(counts, () -> traced.add(withFairlead(fairlead, scene)));
            traced.getFirst().destroy();
            print(measured, own, runc);
        } finally {
            Files.delete(probe);
            Files.delete(probe.getParent());
        }
    }

    private static Configuration ordinary() {
        Configuration configuration = Configuration.ordinary("figures")
                .process("{'args': ['/probe', '--end']}")
                .mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
                .masked(
                        "/proc/asound",
                        "/proc/acpi",
                        "/proc/interrupts",
                        "/proc/kcore",
                        "/proc/keys",
                        "/proc/latency_stats",
                        "/proc/timer_list",
                        "/proc/timer_stats",
                        "/proc/sched_debug",
                        "/proc/scsi",
                        "/sys/firmware",
                        "/sys/devices/virtual/powercap",
                        "/sys/kernel/debug",
                        "/sys/fs/bpf",
                        "/sys/fs/fuse",
                        "/sys/module")
                .readonly(
                        "/proc/bus",
                        "/proc/fs",
                        "/proc/irq",
                        "/proc/sys",
                        "/proc/sysrq-trigger",
                        "/proc/driver",
                        "/proc/tty");
        for (int mounts = 7; mounts < MOUNTS; mounts++) {
            var _ = configuration.bind("@/plain", "/volumes/v" + mounts, "rbind", "rprivate", "rw");
        }
        return configuration;
    }

    private void time(String step, Work work) throws Exception {
        long before = System.nanoTime();
        work.run();
        times.computeIfAbsent(step, key -> new ArrayList<>()).add((System.nanoTime() - before) / 1e6);
    }

    private Container withFairlead(Fairlead fairlead, Scene scene) throws Exception {
        String id = "figures-" + containers++;
        List<Container> made = new ArrayList<>();
        time("Fairlead create", () -> made.add(fairlead.create(scene, id, warning -> {})));
        Container container = made.getFirst();
        time("Fairlead start", container::start);
        return container;
    }

    private void withRunc(Scene scene) throws Exception {
        String id = "figures-" + containers++;
        List<String> runc = List.of("runc", "--root", scene.state().toString());
        time("runc create", () -> run(runc, List.of("create", "--bundle", Scene.PLACE.toString(), id)));
        time("runc start", () -> run(runc, List.of("start", id)));
        run(runc, List.of("delete", "--force", id));
    }

    /** System calls of both steps and of the container's first process, which ends at once: strace follows it too. */
    private long tracedRunc(Scene scene, Path counts) throws Exception {
        String id = "figures-" + containers++;
        String runc = "runc --root " + scene.state();
        run(
                List.of("strace", "-f", "-c", "-o", counts.toString(), "sh", "-c"),
                List.of(runc + " create --bundle " + Scene.PLACE + " " + id + " && " + runc + " start " + id));
        run(List.of("runc", "--root", scene.state().toString()), List.of("delete", "--force", id));
        return total(counts);
    }

    /** The container keeps the output of create: read by us, a pipe would end with the container alone. */
    private static void run(List<String> program, List<String> arguments) throws Exception {
        List<String> command =
                Stream.concat(program.stream(), arguments.stream()).toList();
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            var _ = process.destroyForcibly();
            throw new AssertionError(command + ": still running after " + LIMIT_SECONDS + " s");
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(command + ": exit code " + process.exitValue());
        }
    }

    /** System calls of this process and all that it starts, during {@code work}. */
    private static long traced(Path counts, Work work) throws Exception {
        Path log = counts.resolveSibling("strace.log");
        Process tracer = new ProcessBuilder(
                        "strace",
                        "-f",
                        "-c",
                        "-o",
                        counts.toString(),
                        "-p",
                        Long.toString(ProcessHandle.current().pid()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        for (int tries = 0; !Files.readString(log).contains("attached"); tries++) {
            if (tries == 100 || !tracer.isAlive()) {
                throw new AssertionError("strace does not attach: " + Files.readString(log));
            }
            Thread.sleep(100);
        }
        work.run();
        tracer.destroy();
        if (!tracer.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("strace does not end");
        }
        return total(counts);
    }

    /** Of a table of {@code strace -c}: its last line says calls, errors and "total". */
    private static long total(Path counts) throws IOException {
        String line = Files.readAllLines(counts).stream()
                .filter(text -> text.endsWith(" total"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.strip().split("\\s+", -1)[3]);
    }

    private static void print(Map<String, List<Double>> times, long own, long runc) throws IOException {
        StringBuilder table = new StringBuilder("| | median of " + ROUNDS + ", ms | fastest, ms |\n|---|---:|---:|\n");
        times.forEach((step, measured) -> {
            List<Double> sorted = measured.stream().sorted().toList();
            table.append(String.format(
                    Locale.ROOT, "| %s | %.2f | %.2f |%n", step, sorted.get(sorted.size() / 2), sorted.getFirst()));
        });
        table.append(String.format(
                Locale.ROOT,
                "%nSystem calls of create and start together, by strace -f: Fairlead %d (with those of the JVM's other threads), runc %d.%n",
                own,
                runc));
        System.out.print(table);
        Files.writeString(Daemon.directory("e2e.logs").resolve("rootfs.md"), table.toString());
    }
}
