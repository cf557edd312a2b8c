package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.RemoveContainerRequest;
import dev.fairlead.cri.v1.RemoveContainerResponse;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RemovePodSandboxResponse;
import dev.fairlead.cri.v1.StartContainerRequest;
import dev.fairlead.cri.v1.StopContainerRequest;
import dev.fairlead.cri.v1.StopContainerResponse;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import dev.fairlead.cri.v1.StopPodSandboxResponse;
import io.grpc.Status;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ends of containers, and commands run inside of them. */
@OnNode
class StopAndExecTest {
    private final Node node;

    StopAndExecTest(Node node) {
        this.node = node;
    }

    private Container run(String script) {
        Container container = node.runPod("end").run(Node.shell("echo ready; " + script));
        Wait.until(
                "it is ready",
                Duration.ofSeconds(10),
                () -> container.log().stdout(),
                lines -> lines.contains("ready"));
        return container;
    }

    @Test
    void theSignalOfTheImageEndsIt() {
        node.cri().pull("127.0.0.1:5000/configured:1");
        Container container = node.runPod("end")
                .run(ContainerConfig.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage("127.0.0.1:5000/configured:1")));
        Wait.until(
                "it is ready",
                Duration.ofSeconds(10),
                () -> container.log().stdout().size(),
                size -> size >= 3);
        container.stop(Duration.ofSeconds(10));
        assertThat(container.status().getExitCode()).isEqualTo(7);
        assertThat(container.log().stdout()).contains("stopped by SIGUSR1");
    }

    @Test
    void whoDoesNotListenIsKilledAfterTheGracePeriod() {
        Container container = run("trap '' TERM; while :; do usleep 10000; done");
        long before = System.nanoTime();
        container.stop(Duration.ofSeconds(1));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before);
        assertThat(millis).isBetween(900L, 4000L);
        ContainerStatus status = container.status();
        assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
        assertThat(status.getExitCode()).isEqualTo(137);
        assertThat(status.getReason()).isEqualTo("Error");
    }

    @Test
    void aSecondStopCanShortenTheFirst() {
        Container container = run("trap '' TERM; while :; do usleep 10000; done");
        CompletableFuture<Void> patient = CompletableFuture.runAsync(() -> container.stop(Duration.ofSeconds(60)));
        Wait.pause(Duration.ofMillis(300));
        long before = System.nanoTime();
        container.stop(Duration.ZERO);
        patient.join();
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before)).isLessThan(10_000);
        container.stop(Duration.ofSeconds(60)); // it has ended: nothing to do
    }

    @Test
    void processesThatItStartedEndWithIt() {
        Container container = run("(trap '' TERM HUP; while :; do usleep 10000; done) & exit 0");
        assertThat(container.awaitExit().getExitCode()).isZero();
        // compared with the processes of before, as after every test
    }

    @Test
    void anUnknownContainer() {
        // kubelet and crictl take a NotFound as "gone"
        Refused.by(() -> node.cri()
                        .runtime()
                        .containerStatus(ContainerStatusRequest.newBuilder()
                                .setContainerId("f00")
                                .build()))
                .as(Status.Code.NOT_FOUND, "f00");
        Refused.by(() -> node.cri()
                        .runtime()
                        .startContainer(StartContainerRequest.newBuilder()
                                .setContainerId("f00")
                                .build()))
                .as(Status.Code.NOT_FOUND, "f00");
    }

    @Test
    void stoppingAndRemovingWhatIsGone() {
        // api.proto: "must not return an error" if there is nothing left to do, so that a caller may repeat it
        var runtime = node.cri().runtime();
        assertThat(runtime.stopContainer(
                        StopContainerRequest.newBuilder().setContainerId("f00").build()))
                .isEqualTo(StopContainerResponse.getDefaultInstance());
        assertThat(runtime.removeContainer(RemoveContainerRequest.newBuilder()
                        .setContainerId("f00")
                        .build()))
                .isEqualTo(RemoveContainerResponse.getDefaultInstance());
        assertThat(runtime.stopPodSandbox(StopPodSandboxRequest.newBuilder()
                        .setPodSandboxId("f00")
                        .build()))
                .isEqualTo(StopPodSandboxResponse.getDefaultInstance());
        assertThat(runtime.removePodSandbox(RemovePodSandboxRequest.newBuilder()
                        .setPodSandboxId("f00")
                        .build()))
                .isEqualTo(RemovePodSandboxResponse.getDefaultInstance());
    }

    @Test
    void execReportsStreamsAndExitCode() {
        Container container = run("sleep 1000");
        ExecSyncResponse response =
                container.execSync(Duration.ofSeconds(10), "sh", "-c", "echo to out; echo to err >&2; exit 33");
        assertThat(response.getStdout().toStringUtf8()).isEqualTo("to out\n");
        assertThat(response.getStderr().toStringUtf8()).isEqualTo("to err\n");
        assertThat(response.getExitCode()).isEqualTo(33);
        assertThat(container
                        .execSync(Duration.ofSeconds(10), "sh", "-c", "kill -9 $$")
                        .getExitCode())
                .isEqualTo(137);
    }

    @Test
    void anExecThatTakesTooLongIsKilledWithAllItsProcesses() {
        assumeTrue(Daemon.isFairlead(), "containerd kills the first process only, and then waits for the others");
        Container container = run("sleep 1000");
        long before = System.nanoTime();
        Refused.by(() -> container.execSync(
                        Duration.ofSeconds(1), "sh", "-c", "sleep 7654 & (trap '' TERM HUP; sleep 7655) & wait"))
                .as(Status.Code.DEADLINE_EXCEEDED, "timed out", "sleep 7654");
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before)).isBetween(900L, 8000L);
        Wait.until(
                "all processes of the exec are gone",
                Duration.ofSeconds(3),
                () -> container.exec("ps", "-o", "args"),
                list -> !list.contains("sleep 765"));
    }

    @Test
    void anExecThatLeavesAProcessBehindDoesNotHang() {
        Container container = run("sleep 1000");
        ExecSyncResponse response =
                container.execSync(Duration.ofSeconds(20), "sh", "-c", "sleep 3 >/dev/null 2>&1 & echo done");
        assertThat(response.getStdout().toStringUtf8()).isEqualTo("done\n");
    }

    @Test
    void aLotOfOutputIsCutAtTheKubeletsLimit() {
        assumeTrue(Daemon.isFairlead(), "containerd's answer is larger than a client accepts");
        Container container = run("sleep 1000");
        ExecSyncResponse response =
                container.execSync(Duration.ofSeconds(60), "sh", "-c", "head -c 20000000 /dev/zero; echo end >&2");
        assertThat(response.getExitCode()).isZero();
        assertThat(response.getStdout().size()).isBetween(1 << 20, 16 << 20);
        assertThat(response.getStderr().toStringUtf8()).isEqualTo("end\n");
    }

    @Test
    void manyExecsAtATime() {
        Container container = run("sleep 1000");
        List<CompletableFuture<String>> answers = IntStream.range(0, 40)
                .mapToObj(number ->
                        CompletableFuture.supplyAsync(() -> container.exec("sh", "-c", "echo answer " + number)))
                .toList();
        for (int number = 0; number < answers.size(); number++) {
            assertThat(answers.get(number).join()).isEqualTo("answer " + number);
        }
    }

    @Test
    void anExecHasTheContainersUserDirectoryAndEnvironment() {
        node.cri().pull("127.0.0.1:5000/configured:1");
        Container container = node.runPod("end")
                .run(ContainerConfig.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage("127.0.0.1:5000/configured:1")));
        assertThat(container
                        .exec("sh", "-c", "echo $GREETING; pwd; id -u; id -G")
                        .lines())
                .containsExactly("hello from the image", "/srv/made/by/runtime", "1000", "1000 2000 2001");
    }

    @Test
    void linesOfBothStreamsAreLogged() {
        Container container = node.runPod("end")
                .run(Node.shell(
                        "echo one; echo two >&2; printf 'no newline'; head -c 40000 /dev/zero | tr '\\0' x >&2"));
        container.awaitExit();
        Wait.until(
                "the last bytes are logged",
                Duration.ofSeconds(5),
                () -> container.log().stderr(),
                lines -> lines.size() == 2 && lines.get(1).length() == 40000);
        ContainerLog log = container.log();
        assertThat(log.stdout()).containsExactly("one", "no newline");
        assertThat(log.stderr().getFirst()).isEqualTo("two");
        assertThat(log.entries()).as("longer than 16 KiB: in parts").anyMatch(ContainerLog.Entry::partial);
        assertThat(log.entries()).isSortedAccordingTo(Comparator.comparing(ContainerLog.Entry::time));
    }
}
