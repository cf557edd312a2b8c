package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The promise itself: SIGKILL at random moments, with this process in the warden's place, holding the pipes. */
class LogPumpKillTest {
    private static final int LINES = 200_000;
    private static final int KILLS = 14;
    private static final long SEED = Long.getLong("seed", 20260301);

    /** Makes the output 40 MB, so that it lasts for all the kills. */
    private static final String PADDING = "x".repeat(190);

    @TempDir
    private Path directory;

    @Test
    @Timeout(120)
    void everyLineOfAContainerIsLoggedOnceAndInOrderThoughThePumpIsKilled() throws Exception {
        Path log = directory.resolve("app.log");
        Random random = new Random(SEED);
        try (LogFixture stdout = new LogFixture();
                LogFixture stderr = new LogFixture()) {
            Process writer = print(stdout, LINES, PADDING);
            Process complainer = print(stderr, LINES / 4, "");
            int killed = 0;
            try {
                for (int i = 0; i < KILLS; i++) {
                    Process pump = startPump(log, stdout, stderr);
                    TimeUnit.MICROSECONDS.sleep(random.nextInt(40_000));
                    if (writer.isAlive()) {
                        killed++;
                    }
                    pump.destroyForcibly().waitFor();
                }
                Process last = startPump(log, stdout, stderr);
                assertThat(last.waitFor(60, TimeUnit.SECONDS))
                        .as("the last pump drains the log")
                        .isTrue();
                assertThat(last.exitValue()).isZero();
            } finally {
                writer.destroyForcibly().waitFor();
                complainer.destroyForcibly().waitFor();
            }
            assertThat(killed).as("kills while the container was writing").isGreaterThanOrEqualTo(10);
            assertThat(Pipes.unread(stdout.batch().readEnd())).isZero();
            assertThat(Pipes.unread(stderr.batch().readEnd())).isZero();
        }
        // Without the lists in the message: they are long.
        assertThat(LogFixture.lines(log, "stdout").equals(numbered(LINES, PADDING)))
                .isTrue();
        assertThat(LogFixture.lines(log, "stderr").equals(numbered(LINES / 4, "")))
                .isTrue();
    }

    private static Process print(LogFixture pipes, int lines, String padding) throws IOException {
        Process process = pipes.start("seq", "-f", "%.0f " + padding, "1", Integer.toString(lines));
        pipes.noMoreWriters();
        return process;
    }

    private static List<String> numbered(int lines, String padding) {
        return IntStream.rangeClosed(1, lines).mapToObj(n -> n + " " + padding).toList();
    }

    private Process startPump(Path log, LogFixture stdout, LogFixture stderr) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                PumpProcess.class.getName(),
                directory.resolve("log.journal").toString(),
                log.toString(),
                Long.toString(ProcessHandle.current().pid())));
        for (LogFixture pipes : List.of(stdout, stderr)) {
            StreamPipes ends = pipes.pipes();
            for (Fd end : List.of(ends.source(), ends.batchReadEnd(), ends.batchWriteEnd())) {
                command.add(Integer.toString(end.number()));
            }
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // Its first word comes when it pumps: a kill before that proves nothing.
        assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("pumping");
        return process;
    }
}
