package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fairlead.cri.v1.CheckpointContainerRequest;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Mount;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Running containers are written to archives, and others begin with what is in these. */
@OnNode
@OnlyFairlead
class CheckpointRestoreTest {
    private static final String COUNTER = """
            trap 'echo stopped; exit 7' TERM
            echo "written before" >/data; mkdir -p /opt/a; ln /data /opt/a/hard; ln -s /data /opt/a/soft; rm /etc/group
            n=0; while :; do n=$((n+1)); echo $n; usleep 10000; done
            """;

    private final Node node;

    CheckpointRestoreTest(Node node) {
        this.node = node;
    }

    @BeforeEach
    void needsCriu() {
        assumeThat(Daemon.criu())
                .as("a CRIU that works on this kernel: see what e2e/test says of it")
                .isPresent();
    }

    private void checkpoint(Container container, Path archive) {
        var _ = node.cri()
                .runtime()
                .checkpointContainer(CheckpointContainerRequest.newBuilder()
                        .setContainerId(container.id())
                        .setLocation(archive.toString())
                        .build());
    }

    private static ContainerConfig.Builder of(String image) {
        return ContainerConfig.newBuilder().setImage(ImageSpec.newBuilder().setImage(image));
    }

    private static void awaitLines(Container container, int more) {
        int lines = container.log().stdout().size();
        Wait.until(
                "it writes",
                Duration.ofSeconds(10),
                () -> container.log().stdout().size(),
                now -> now >= lines + more);
    }

    private static void assertCounts(Container container) {
        List<Integer> numbers =
                container.log().stdout().stream().map(Integer::valueOf).toList();
        assertThat(numbers)
                .isEqualTo(IntStream.range(numbers.getFirst(), numbers.getFirst() + numbers.size())
                        .boxed()
                        .toList());
    }

    @Test
    void aRestoredContainerGoesOnWhereTheCheckpointWasMade(@TempDir Path directory) throws Exception {
        Path archive = directory.resolve("checkpoint.tar");
        Pod pod = node.runPod("counting");
        Container counter = pod.run(Node.shell(COUNTER));
        awaitLines(counter, 10);
        int before = counter.log().stdout().size();
        checkpoint(counter, archive);
        int after = counter.log().stdout().size();
        assertThat(Files.getPosixFilePermissions(archive)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(names(Files.readAllBytes(archive)))
                .contains(
                        "checkpoint/inventory.img",
                        "checkpoint/descriptors.json",
                        "config.dump",
                        "spec.dump",
                        "rootfs-diff.tar",
                        "deleted.files",
                        "dump.log",
                        "stats-dump");
        awaitLines(counter, 10);
        assertCounts(counter);
        counter.stop(Duration.ofSeconds(10));
        assertThat(counter.status().getExitCode()).isEqualTo(7);
        pod.remove();

        Pod other = node.runPod("goes-on");
        Container restored = other.run(of(archive.toString()));
        awaitLines(restored, 10);
        assertCounts(restored);
        assertThat(Integer.parseInt(restored.log().stdout().getFirst())).isBetween(before, after + 1);
        assertThat(restored.status().getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
        assertThat(restored.exec("cat", "/opt/a/hard", "/opt/a/soft")).isEqualTo("written before\nwritten before");
        assertThat(restored.exec("sh", "-c", "test -e /etc/group; echo $?")).isEqualTo("1");
        assertThat(restored.exec("hostname")).as("of its new pod").isEqualTo("goes-on");
        assertThat(restored.exec("hostname", "-i"))
                .isEqualTo(other.status().getNetwork().getIp());
        assertThat(restored.exec("cat", "/proc/1/comm")).isEqualTo("sh");

        node.daemon().kill();
        node.startDaemon();
        awaitLines(restored, 10);
        assertCounts(restored);
        assertThat(restored.exec("echo", "hello")).isEqualTo("hello");
        Path again = directory.resolve("again.tar");
        checkpoint(restored, again);
        restored.stop(Duration.ofSeconds(10));
        assertThat(restored.status().getExitCode()).isEqualTo(7);
        assertThat(restored.log().stdout()).endsWith("stopped");

        Container second = other.run(of(again.toString()));
        awaitLines(second, 10);
        assertCounts(second);
        assertThat(Integer.parseInt(second.log().stdout().getFirst())).isGreaterThan(after);
        second.stop(Duration.ZERO);
        assertThat(second.status().getExitCode()).isEqualTo(137);
    }

    @Test
    void aCheckpointMayBeAnImage(@TempDir Path directory) throws Exception {
        Path archive = directory.resolve("checkpoint.tar");
        Container counter = node.runPod("counting").run(Node.shell(COUNTER));
        awaitLines(counter, 5);
        checkpoint(counter, archive);
        ByteArrayOutputStream layer = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(layer)) {
            Files.copy(archive, gzip);
        }
        try (TestRegistry registry = new TestRegistry()) {
            String image = registry.image(
                    "checkpointed",
                    Map.of("io.kubernetes.cri-o.annotations.checkpoint.name", "counter"),
                    layer.toByteArray());
            node.cri().pull(image);
            Container restored = node.runPod("image").run(of(image));
            awaitLines(restored, 10);
            assertCounts(restored);
            assertThat(restored.exec("cat", "/data")).isEqualTo("written before");
            node.removeAllPods();
            node.cri().removeImage(image);
        }
    }

    @Test
    void aTerminalIsThereAgain(@TempDir Path directory) {
        Path archive = directory.resolve("checkpoint.tar");
        Container counter = node.runPod("terminal")
                .run(Node.shell("n=0; while :; do n=$((n+1)); echo $n; usleep 10000; done")
                        .setTty(true));
        awaitLines(counter, 5);
        checkpoint(counter, archive);
        Refused.by(() -> node.runPod("pipes").run(of(archive.toString()))).as(Status.Code.INVALID_ARGUMENT, "tty");
        Container restored = node.runPod("again").run(of(archive.toString()).setTty(true));
        awaitLines(restored, 10);
        assertThat(restored.exec("sh", "-c", "test -t 0 </proc/1/fd/0; echo $?"))
                .isEqualTo("0");
    }

    @Test
    void volumesAreThoseThatTheNewContainerAsksFor(@TempDir Path directory) throws Exception {
        Path archive = directory.resolve("checkpoint.tar");
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        // No file of the volume is open for longer than it takes to write it, and the file that is opened next is a new
        // one: a checkpoint that finds one open wants the same file, which the other volume has not.
        Container writer = node.runPod("volumes")
                .run(Node.shell("n=0; while :; do n=$((n+1)); echo $n; usleep 50000; echo $n >/volume/n; done")
                        .addMounts(
                                Mount.newBuilder().setHostPath(first.toString()).setContainerPath("/volume")));
        awaitLines(writer, 5);
        checkpoint(writer, archive);
        Refused.by(() -> node.runPod("none").create(of(archive.toString())))
                .as(Status.Code.INVALID_ARGUMENT, "mounts", "/volume");
        Container restored = node.runPod("other")
                .run(of(archive.toString())
                        .addMounts(Mount.newBuilder()
                                .setHostPath(second.toString())
                                .setContainerPath("/volume")));
        awaitLines(restored, 10);
        assertThat(Integer.parseInt(Files.readString(second.resolve("n")).strip()))
                .isGreaterThan(5);
    }

    @Test
    void whoeverBringsOneOwnsTheNodeSoTheOperatorMustAllowIt(@TempDir Path directory) throws IOException {
        Path archive = directory.resolve("checkpoint.tar");
        Container counter = node.runPod("counting").run(Node.shell(COUNTER));
        checkpoint(counter, archive);
        Pod pod = node.runPod("refused");
        node.daemon().kill();
        node.startDaemon("--restore-checkpoints=false");
        try {
            for (Path image : List.of(archive, directory.resolve("nowhere.tar"))) {
                Refused.by(() -> pod.create(of(image.toString())))
                        .as(Status.Code.FAILED_PRECONDITION, "users and capabilities", "--restore-checkpoints");
            }
        } finally {
            node.daemon().kill();
            node.startDaemon();
        }
    }

    @Test
    void whatIsNoCheckpointIsRefused(@TempDir Path directory) throws IOException {
        Pod pod = node.runPod("refused");
        Refused.by(() -> pod.create(of(directory.resolve("nowhere.tar").toString())))
                .as(Status.Code.NOT_FOUND, "nowhere.tar");
        Path text = Files.writeString(directory.resolve("text"), "this is no archive at all");
        Refused.by(() -> pod.create(of(text.toString()))).as(Status.Code.INVALID_ARGUMENT, "checkpoint");
        assertThat(node.cri()
                        .runtime()
                        .listContainers(dev.fairlead.cri.v1.ListContainersRequest.getDefaultInstance())
                        .getContainersList())
                .isEmpty();
    }

    private static List<String> names(byte[] archive) throws IOException {
        List<String> names = new ArrayList<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                names.add(entry.getName());
            }
        }
        return names;
    }
}
