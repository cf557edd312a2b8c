package dev.fairlead.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Pipes;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
    private static final long SEED = 20260301;

    /** Makes the output 40 MB, so that it lasts for all the kills. */
    private static final String PADDING = "x".repeat(190);

    @TempDir
    private Path directory;

    @Test
    @Timeout(120)
    void everyLineOfAContainerIsLoggedOnceAndInOrderThoughThePumpIsKilled() throws Exception {
        Path log = directory.resolve("app.log");
        Random random = new Random(SEED);
        try (LogFixture pipes = new LogFixture()) {
            Process writer = pipes.start("seq", "-f", "%.0f " + PADDING, "1", Integer.toString(LINES));
            pipes.noMoreWriters();
            int killed = 0;
            try {
                for (int i = 0; i < KILLS; i++) {
                    Process pump = startPump(pipes, log);
                    TimeUnit.MICROSECONDS.sleep(random.nextInt(40_000));
                    if (writer.isAlive()) {
                        killed++;
                    }
                    pump.destroyForcibly().waitFor();
                }
                Process last = startPump(pipes, log);
                assertThat(last.waitFor(60, TimeUnit.SECONDS))
                        .as("the last pump drains the log")
                        .isTrue();
                assertThat(last.exitValue()).isZero();
            } finally {
                writer.destroyForcibly().waitFor();
            }
            assertThat(killed).as("kills while the container was writing").isGreaterThanOrEqualTo(10);
            assertThat(Pipes.unread(pipes.batch().readEnd())).isZero();
        }
        List<String> expected =
                IntStream.rangeClosed(1, LINES).mapToObj(n -> n + " " + PADDING).toList();
        assertThat(LogFixture.lines(log, "stdout").equals(expected)).isTrue();
    }

    private Process startPump(LogFixture pipes, Path log) throws IOException {
        StreamPipes numbers = pipes.pipes();
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-Xshare:auto",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PumpProcess.class.getName(),
                        Long.toString(ProcessHandle.current().pid()),
                        Integer.toString(numbers.source().number()),
                        Integer.toString(numbers.batchReadEnd().number()),
                        Integer.toString(numbers.batchWriteEnd().number()),
                        directory.resolve("log.journal").toString(),
                        log.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        // Its first word comes when it pumps: a kill before that proves nothing.
        BufferedReader words = process.inputReader(StandardCharsets.UTF_8);
        assertThat(words.readLine()).isEqualTo("pumping");
        return process;
    }
}
