package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.Mount;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One container writes as fast as it can; the others do not feel it. */
@OnNode
class FloodingContainerTest {
    private static final int LINES = 20;
    private static final Duration PROMPT = Duration.ofMillis(100);
    private static final long FEW_KIB = 48 << 10;

    private final Node node;

    FloodingContainerTest(Node node) {
        this.node = node;
    }

    @Test
    void neitherStarvesAQuietOneNorGrowsTheDaemon(@TempDir Path shared) throws Exception {
        Path pipe = shared.resolve("pipe");
        Command.run("mkfifo", pipe.toString()).output();
        Container quiet = node.runPod("quiet")
                .run(Node.shell("exec 3<>/shared/pipe; while read line <&3; do echo $line; done")
                        .addMounts(Mount.newBuilder()
                                .setHostPath(shared.toString())
                                .setContainerPath("/shared")));
        List<Duration> delays = new ArrayList<>();
        long memoryBefore;
        long memoryAfter;
        try (OutputStream prompt = Files.newOutputStream(pipe, StandardOpenOption.WRITE)) {
            delayOf(quiet, prompt, "warm");
            memoryBefore = Daemon.pssKiB(node.daemon().pid());
            Container flood = node.runPod("flood").run(Node.command("yes", "all the water of the harbour"));
            Wait.until(
                    "the flood has come", Duration.ofSeconds(10), () -> size(flood.logFile()), size -> size > 10 << 20);
            for (int line = 0; line < LINES; line++) {
                delays.add(delayOf(quiet, prompt, "line " + line));
                Wait.pause(Duration.ofMillis(50));
            }
            memoryAfter = Daemon.pssKiB(node.daemon().pid());
            flood.stop(Duration.ZERO);
            Files.writeString(flood.logFile(), ""); // hundreds of megabytes
        }
        Collections.sort(delays);
        System.out.printf(
                "quiet beside a flood: median %d ms, slowest %d ms; daemon %d -> %d KiB%n",
                delays.get(LINES / 2).toMillis(), delays.getLast().toMillis(), memoryBefore, memoryAfter);
        assertThat(delays.get(LINES - 2)).as("all but one of %s", delays).isLessThan(PROMPT);
        assertThat(memoryAfter - memoryBefore)
                .as("KiB that the daemon has grown by")
                .isLessThan(FEW_KIB);
    }

    private static Duration delayOf(Container quiet, OutputStream prompt, String text) throws Exception {
        long before = System.nanoTime();
        prompt.write((text + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        prompt.flush();
        while (!Files.exists(quiet.logFile())
                || !Files.readString(quiet.logFile()).endsWith(" F " + text + "\n")) {
            if (System.nanoTime() - before > 10_000_000_000L) {
                throw new AssertionError("the line is not in the log after 10 s: " + text);
            }
            Wait.pause(Duration.ofMillis(1));
        }
        return Duration.ofNanos(System.nanoTime() - before);
    }

    private static long size(Path file) {
        return file.toFile().length();
    }
}
