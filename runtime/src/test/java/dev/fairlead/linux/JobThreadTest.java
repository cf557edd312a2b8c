package dev.fairlead.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobThreadTest {
    /** Of the job's thread alone, and of nobody else here. */
    private static final int MASK = 0567;

    @Test
    void whatAJobThrowsReachesTheCaller() {
        assertThatThrownBy(() -> JobThread.call("job", () -> {
                    throw new IOException("disk");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("disk");
    }

    @Test
    void anInterruptedCallerWaitsAndStaysInterrupted() throws IOException {
        Thread.currentThread().interrupt();
        assertThat(JobThread.call("job", () -> 5)).isEqualTo(5);
        assertThat(Thread.interrupted()).isTrue();
    }

    /**
     * A JVM of its own: here, carriers may have been started by other tests. The caller's only carrier is busy when the job ends, so that
     * another has to be started for the caller, and it must not get what is the job's alone.
     */
    @Test
    void aCarrierThatIsStartedForTheCallerHasNothingOfTheJobs(@TempDir Path directory) throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Djdk.virtualThreadScheduler.parallelism=4",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Caller.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String said = Files.readString(output);
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).contains("Umask:").doesNotContain(Integer.toOctalString(MASK));
    }

    /** The program of that JVM: prints the umask of the thread on which a virtual thread goes on after its job. */
    static final class Caller {
        private Caller() {}

        public static void main(String[] arguments) throws Exception {
            CountDownLatch busy = new CountDownLatch(1);
            AtomicBoolean ended = new AtomicBoolean();
            Thread caller = Thread.ofVirtual().start(() -> {
                try {
                    JobThread.call("job", () -> {
                        Namespaces.unshareFileSystem();
                        Namespaces.setUmask(MASK);
                        busy.await();
                        return "done";
                    });
                    System.out.println(Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                            .filter(line -> line.startsWith("Umask"))
                            .findFirst()
                            .orElseThrow());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            while (caller.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            Thread spinner = Thread.ofVirtual().start(() -> {
                busy.countDown();
                while (!ended.get()) {
                    Thread.onSpinWait();
                }
            });
            caller.join();
            ended.set(true);
            spinner.join();
        }
    }
}
