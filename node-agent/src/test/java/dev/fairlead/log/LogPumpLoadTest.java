package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.EventLoop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers that flood beside one that does not. */
@Timeout(60)
class LogPumpLoadTest {
    private static final System.Logger LOG = System.getLogger(LogPumpLoadTest.class.getName());

    @TempDir
    private Path directory;

    @Test
    void theLineOfAQuietContainerIsThereWithinATenthOfASecondBesideFourThatFlood() throws Exception {
        List<LogFixture> floods = new ArrayList<>();
        List<Process> programs = new ArrayList<>();
        try (EventLoop loop = EventLoop.start("load test");
                LogPump pump = new LogPump(loop);
                LogFixture quiet = new LogFixture()) {
            List<ContainerLog> logs = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    LogFixture flood = new LogFixture();
                    floods.add(flood);
                    programs.add(flood.start("yes"));
                    flood.noMoreWriters();
                    logs.add(open(pump, "flood" + i, flood));
                }
                logs.add(open(pump, "quiet", quiet));
                Path log = directory.resolve("quiet.log");
                TimeUnit.MILLISECONDS.sleep(500); // the just-in-time compiler's share
                Duration worst = Duration.ZERO;
                for (int i = 0; i < 20; i++) {
                    long size = Files.size(log);
                    long start = System.nanoTime();
                    quiet.print("line " + i + "\n");
                    while (Files.size(log) == size && System.nanoTime() - start < 1_000_000_000) {
                        TimeUnit.MICROSECONDS.sleep(500);
                    }
                    Duration taken = Duration.ofNanos(System.nanoTime() - start);
                    worst = worst.compareTo(taken) < 0 ? taken : worst;
                }
                LOG.log(System.Logger.Level.INFO, "slowest of 20 lines beside four floods: {0} ms", worst.toMillis());
                assertThat(worst).isLessThan(Duration.ofMillis(100));
            } finally {
                for (Process program : programs) {
                    program.destroyForcibly().waitFor();
                }
                logs.forEach(ContainerLog::close);
                floods.forEach(LogFixture::close);
            }
        }
    }

    private ContainerLog open(LogPump pump, String name, LogFixture pipes) throws Exception {
        return pump.open(
                directory.resolve(name + ".journal"),
                Optional.of(directory.resolve(name + ".log")),
                pipes.pipes(),
                Optional.empty());
    }

    @Test
    void throughput() throws Exception {
        int lines = 2_000_000;
        try (EventLoop loop = EventLoop.start("load test");
                LogPump pump = new LogPump(loop)) {
            for (String text : List.of("%.0f", "%.0f " + "x".repeat(100))) {
                try (LogFixture pipes = new LogFixture()) {
                    Path file = directory.resolve("throughput.log");
                    Path journal = directory.resolve("throughput.journal");
                    long start = System.nanoTime();
                    Process writer = pipes.start("seq", "-f", text, "1", Integer.toString(lines));
                    pipes.noMoreWriters();
                    try (ContainerLog log = pump.open(journal, Optional.of(file), pipes.pipes(), Optional.empty())) {
                        log.drained().get(50, TimeUnit.SECONDS);
                    }
                    double seconds = (System.nanoTime() - start) / 1e9;
                    assertThat(writer.waitFor()).isZero();
                    long output = (long) lines * ("0000000".length() + text.length() - 4);
                    LOG.log(
                            System.Logger.Level.INFO,
                            "about {0} bytes a line: {1} lines/s, {2} MB/s of output, {3} MB/s of log",
                            output / lines,
                            (long) (lines / seconds),
                            (long) (output / seconds / 1e6),
                            (long) (Files.size(file) / seconds / 1e6));
                    try (var count = Files.lines(file)) {
                        assertThat(count.count()).isEqualTo(lines);
                    }
                    Files.delete(file);
                    Files.delete(journal);
                }
            }
        }
    }
}
