package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.CheckpointContainerRequest;
import dev.fairlead.cri.v1.ContainerState;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CheckpointContainer where it cannot be done: what keeps this node from it is told, and the container goes on. */
@OnNode
@OnlyFairlead
class CheckpointTest {
    private final Node node;

    CheckpointTest(Node node) {
        this.node = node;
    }

    private void checkpoint(Container container, Path location, Duration timeout) {
        checkpoint(container, location.toString(), timeout);
    }

    private void checkpoint(Container container, String location, Duration timeout) {
        var _ = node.cri()
                .runtime()
                .checkpointContainer(CheckpointContainerRequest.newBuilder()
                        .setContainerId(container.id())
                        .setLocation(location)
                        .setTimeout(timeout.toSeconds())
                        .build());
    }

    private static Path program(Path directory, String script) throws IOException {
        Path program = directory.resolve("criu");
        Files.writeString(program, "#!/bin/sh\n" + script);
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Container counter() {
        return node.runPod("checkpoint").run(Node.shell("n=0; while :; do n=$((n+1)); echo $n; usleep 10000; done"));
    }

    private static void assertGoesOn(Container container) {
        int lines = container.log().stdout().size();
        Wait.until(
                "the container goes on",
                Duration.ofSeconds(5),
                () -> container.log().stdout().size(),
                now -> now > lines);
        assertThat(container.status().getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    }

    @Test
    void whatIsWrongWithTheRequestIsTold(@TempDir Path directory) throws IOException {
        node.restartDaemon("--criu=" + program(directory, "exit 0"));
        Path archive = directory.resolve("checkpoint.tar");
        Pod pod = node.runPod("checkpoint");
        Container container = pod.run(Node.command("sleep", "1000"));
        Refused.by(() -> checkpoint(container, "here.tar", Duration.ZERO))
                .as(Status.Code.INVALID_ARGUMENT, "location", "here.tar");
        Refused.by(() -> checkpoint(container, "/no/such/directory/here.tar", Duration.ZERO))
                .as(Status.Code.INVALID_ARGUMENT, "location", "/no/such/directory");
        Files.createFile(archive);
        Refused.by(() -> checkpoint(container, archive, Duration.ZERO))
                .as(Status.Code.INVALID_ARGUMENT, "location", "exists");
        Container idle = pod.create(Node.command("sleep", "1000"));
        Refused.by(() -> checkpoint(idle, directory.resolve("idle.tar"), Duration.ZERO))
                .as(Status.Code.FAILED_PRECONDITION, idle.id(), "created");
        node.restartDaemon();
    }

    @Test
    void whyThereIsNoCriuIsTold(@TempDir Path directory) throws IOException {
        Container container = counter();
        Path archive = directory.resolve("checkpoint.tar");
        node.restartDaemon("--criu=" + directory.resolve("nowhere"));
        Refused.by(() -> checkpoint(container, archive, Duration.ZERO))
                .as(Status.Code.FAILED_PRECONDITION, "criu", "nowhere", "install");
        node.restartDaemon("--criu=" + program(directory, "echo 'Error (criu/x.c:1): no such kernel' >&2; exit 1"));
        Refused.by(() -> checkpoint(container, archive, Duration.ZERO))
                .as(Status.Code.FAILED_PRECONDITION, "no such kernel", "check");
        assertThat(archive).doesNotExist();
        assertGoesOn(container);
        node.restartDaemon();
    }

    @Test
    void aCriuThatFailsLeavesNothingBehind(@TempDir Path directory) throws IOException {
        Container container = counter();
        Path archive = directory.resolve("checkpoint.tar");
        node.restartDaemon("--criu=" + program(directory, """
                        [ "$1" != check ] || exit 0
                        while [ "$1" != --work-dir ]; do shift; done
                        echo '(00.1) Error (criu/mount.c:7): mnt: unreachable sharing' >"$2/dump.log"
                        exit 3
                        """));
        Refused.by(() -> checkpoint(container, archive, Duration.ZERO))
                .as(Status.Code.UNKNOWN, "unreachable sharing", "status 3", "criu-dump.log");
        assertThat(Path.of("/run/fairlead/containers", container.id(), "criu-dump.log"))
                .content(UTF_8)
                .contains("unreachable sharing");
        assertThat(Path.of("/var/lib/fairlead/containers", container.id(), "dump"))
                .doesNotExist();
        assertThat(files(directory)).containsExactly("criu");
        assertGoesOn(container);
        node.restartDaemon();
    }

    @Test
    void aTimeoutIsKept(@TempDir Path directory) throws IOException {
        Container container = counter();
        Path archive = directory.resolve("checkpoint.tar");
        node.restartDaemon("--criu=" + program(directory, "[ \"$1\" = check ] || sleep 1000"));
        long start = System.nanoTime();
        Refused.by(() -> checkpoint(container, archive, Duration.ofSeconds(1)))
                .as(Status.Code.DEADLINE_EXCEEDED, container.id(), "1 s");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(files(directory)).containsExactly("criu");
        assertGoesOn(container);
        node.restartDaemon();
    }

    @Test
    void aDaemonThatIsKilledMeanwhileLeavesNoContainerStopped(@TempDir Path directory) throws Exception {
        Container container = counter();
        node.restartDaemon("--criu=" + program(directory, "[ \"$1\" = check ] || exec sleep 1000"));
        Thread call = Thread.ofVirtual()
                .start(() ->
                        Refused.by(() -> checkpoint(container, directory.resolve("checkpoint.tar"), Duration.ZERO)));
        Wait.until(
                "CRIU is at work",
                Duration.ofSeconds(10),
                () -> Files.exists(Path.of("/run/fairlead/containers", container.id(), "criu.running")),
                running -> running);
        node.daemon().kill();
        call.join();
        node.startDaemon();
        assertGoesOn(container);
    }

    private static List<String> files(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
