package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The daemon is killed with SIGKILL and started again: no container may notice, no line and no exit code may be lost. */
@OnNode
class DaemonDeathTest {
    private static final int LINES = 200_000;
    private static final int KILLS = 10;

    private final Node node;

    DaemonDeathTest(Node node) {
        this.node = node;
    }

    @Test
    void everyLineIsLoggedExactlyOnceAndInOrder() throws Exception {
        Pod pod = node.runPod("counting");
        Container counting = pod.run(Node.shell(
                "c=0; while [ $c -lt 200 ]; do seq $((c*1000+1)) $((c*1000+1000)); c=$((c+1)); usleep 40000; done"));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            Wait.pause(Duration.ofMillis(random.nextInt(1500))); // some kills hit a daemon that is still starting
            node.daemon().kill();
            node.daemon().launch();
        }
        node.daemon().kill();
        node.startDaemon();
        assertThat(counting.awaitExit(Duration.ofMinutes(2)).getExitCode()).isZero();
        Wait.until(
                "all lines are in the log",
                Duration.ofSeconds(20),
                () -> counting.log().stdout().size(),
                size -> size >= LINES);
        List<String> lines = counting.log().stdout();
        OptionalInt wrong = IntStream.range(0, lines.size())
                .filter(index -> !lines.get(index).equals(Integer.toString(index + 1)))
                .findFirst();
        assertThat(wrong.stream().mapToObj(index -> around(lines, index)))
                .as("lines out of order, lost or logged twice (seed %d)", seed)
                .isEmpty();
        assertThat(lines).hasSize(LINES);
        assertThat(counting.log().entries()).as("no line was cut in two").noneMatch(ContainerLog.Entry::partial);
    }

    @Test
    void anExitWhileTheDaemonIsDownIsReported(@TempDir Path shared) throws Exception {
        Files.createFile(shared.resolve("wait"));
        Pod pod = node.runPod("leaving");
        Container leaving = pod.run(Node.shell(
                        "while [ -e /shared/wait ]; do usleep 10000; done; echo last words; exit 42")
                .addMounts(Mount.newBuilder().setHostPath(shared.toString()).setContainerPath("/shared")));
        node.daemon().kill();
        Wait.pause(Duration.ofMillis(500));
        Instant asked = Instant.now();
        Files.delete(shared.resolve("wait"));
        Wait.pause(Duration.ofSeconds(2));
        node.startDaemon();

        ContainerStatus status = leaving.awaitExit(Duration.ofSeconds(5));
        assertThat(status.getExitCode()).isEqualTo(42);
        assertThat(status.getReason()).isEqualTo("Error");
        assertThat(instant(status.getFinishedAt()))
                .as("when it ended, not when it was noticed")
                .isBetween(asked, asked.plusMillis(1000));
        assertThat(instant(status.getStartedAt())).isBefore(asked);
        Wait.until(
                "its last line is logged",
                Duration.ofSeconds(5),
                () -> leaving.log().stdout(),
                List.of("last words")::equals);
    }

    @Test
    void podsAndContainersAreAsBefore() throws Exception {
        Pod pod = node.runPod("steady");
        Container running = pod.run(Node.shell("echo up; trap 'exit 5' TERM; while :; do usleep 10000; done"));
        Container created = pod.create(Node.shell("echo later"));
        Container exited = pod.run(Node.shell("exit 3"));
        exited.awaitExit();
        var podBefore = pod.status();
        var runningBefore = running.status();
        var exitedBefore = exited.status();

        node.daemon().kill();
        node.startDaemon();

        assertThat(pod.status()).isEqualTo(podBefore);
        assertThat(running.status()).isEqualTo(runningBefore);
        assertThat(exited.status()).isEqualTo(exitedBefore);
        assertThat(running.exec("echo", "hello")).isEqualTo("hello");
        assertThat(created.status().getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
        created.start();
        assertThat(created.awaitExit().getExitCode()).isZero();
        assertThat(created.log().stdout()).containsExactly("later");
        running.stop(Duration.ofSeconds(10));
        assertThat(running.status().getExitCode()).isEqualTo(5);
    }

    private static String around(List<String> lines, int index) {
        return "..., "
                + String.join(", ", lines.subList(Math.max(0, index - 2), Math.min(lines.size(), index + 3)))
                + ", ...";
    }

    private static Instant instant(long nanoseconds) {
        return Instant.ofEpochSecond(0, nanoseconds);
    }
}
