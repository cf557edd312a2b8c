package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A warden is there for each container, for years: it must be small and must not grow. Times are reported, not judged. */
class WardenFiguresTest extends LauncherTest {
    private static final System.Logger LOG = System.getLogger(WardenFiguresTest.class.getName());
    private static final long LIMIT_KIB = 300;
    private static final int ROUNDS = 20;

    @Test
    void isSmallAndDoesNotGrowWithExecsAndDaemons() throws Exception {
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            execs(container, 10);
            long memory = privateKib(container.warden().id().pid());
            List<String> descriptors = descriptorsOf(container.warden().id().pid());

            execs(container, 200);
            for (int i = 0; i < 20; i++) {
                container.disconnect();
                container.reconnect();
            }

            assertThat(memory).as("KiB of its own").isLessThan(LIMIT_KIB);
            assertThat(privateKib(container.warden().id().pid())).isLessThanOrEqualTo(memory);
            assertThat(descriptorsOf(container.warden().id().pid())).isEqualTo(descriptors);
            LOG.log(Level.INFO, "warden: {0} KiB of its own, {1} KiB in all", memory, rssKib(container));
        }
    }

    @Test
    void takesSoLong() throws Exception {
        List<Long> ready = new ArrayList<>();
        List<Long> created = new ArrayList<>();
        List<Long> running = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            long start = System.nanoTime();
            try (TestContainer container = container().args("/bin/true").start()) {
                long request = container.startNanos();
                container.warden().awaitInit(TestContainer.LIMIT);
                ready.add(System.nanoTime() - request);
                container.create();
                long launch = System.nanoTime();
                created.add(launch - start);
                container.warden().launch(TestContainer.LIMIT);
                running.add(System.nanoTime() - launch);
            }
        }
        report("Warden.start until READY", ready);
        report("START until the program is executed", running);
        try (TestContainer container = container().args("/bin/sleep", "60").run()) {
            List<Long> execs = new ArrayList<>();
            for (int i = 0; i < 10 * ROUNDS; i++) {
                long start = System.nanoTime();
                try (Exec exec = container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT)) {
                    exec.exit().get(10, TimeUnit.SECONDS);
                }
                execs.add(System.nanoTime() - start);
            }
            report("exec of true, from the request to its exit code", execs);
        }
        assertThat(created).hasSize(ROUNDS);
    }

    private static void report(String what, List<Long> nanos) {
        List<Long> sorted = nanos.stream().sorted().toList();
        LOG.log(
                Level.INFO,
                "{0}: median {1} us, least {2} us",
                what,
                Long.toString(sorted.get(sorted.size() / 2) / 1000),
                Long.toString(sorted.getFirst() / 1000));
    }

    private static void execs(TestContainer container, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            try (Exec exec = container.warden().exec(container.exec("/bin/true"), TestContainer.LIMIT)) {
                exec.exit().get(10, TimeUnit.SECONDS);
            }
        }
    }

    private static long privateKib(int pid) throws IOException {
        return kib(Path.of("/proc/" + pid + "/smaps_rollup"), "Private_");
    }

    private static long rssKib(TestContainer container) throws IOException {
        return kib(Path.of("/proc/" + container.warden().id().pid() + "/smaps_rollup"), "Rss");
    }

    private static long kib(Path file, String field) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .sum();
    }

    /** Numbers of what is open; a daemon's connection has always the same. */
    private static List<String> descriptorsOf(int pid) throws IOException {
        try (var descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return descriptors.map(fd -> fd.getFileName().toString()).sorted().toList();
        }
    }
}
