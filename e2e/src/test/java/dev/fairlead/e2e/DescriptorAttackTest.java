package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.Mount;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CVE-2024-21626: what of the host reaches a container's process by way of descriptors, as the working directory, or as a mount. */
@OnNode
@OnlyFairlead
class DescriptorAttackTest {
    /** More than the launcher ever has open (PROTOCOL.md, Descriptors). */
    private static final int DESCRIPTORS = 72;

    /** Looks for the host's root, from the working directory upwards. */
    private static final String PROBE = "up=.; for i in 1 2 3 4 5 6 7 8 9; do"
            + " cat $up/run/outside/secret $up/outside/secret $up/secret 2>/dev/null && echo ESCAPED; up=$up/..; done;"
            + " readlink /proc/self/cwd";

    /** What is still open when the shell has looked for it. */
    private static final String OPEN = "for fd in *; do readlink $fd >/dev/null && echo $fd; done; true";

    private final Node node;

    DescriptorAttackTest(Node node) {
        this.node = node;
    }

    /**
     * The working directory is /proc/self/fd/N, for whatever N may be open while the container is set up. Fails where a directory of the host
     * is open then, the path is followed before the root is the container's, and the result is not looked at.
     */
    @Test
    void aWorkingDirectoryBehindADescriptor() throws Exception {
        Set<String> refusals = new TreeSet<>();
        try (HostSide _ = HostSide.prepare()) {
            Pod pod = node.runPod("cwd");
            for (int fd = 0; fd < DESCRIPTORS; fd++) {
                for (String directory : fd % 8 == 0
                        ? List.of("/proc/self/fd/" + fd, "/proc/1/fd/" + fd + "/../..")
                        : List.of("/proc/self/fd/" + fd)) {
                    Attempt attempt = Attempt.at(pod, Node.shell(PROBE).setWorkingDir(directory));
                    if (attempt.refused()) {
                        assertThat(attempt.refusal()).contains(directory);
                        refusals.add(attempt.refusal().replaceAll("\\d+|[0-9a-f]{64}", "N"));
                    } else {
                        Container container = attempt.container().get();
                        container.awaitExit();
                        assertInside(directory, container.log().stdout());
                    }
                }
            }
        }
        refusals.forEach(refusal -> System.out.printf("    %s%n", refusal));
    }

    /** The same of execs: the container's directory becomes a link to /proc/self/fd/N after it was started. */
    @Test
    void aWorkingDirectoryThatBecomesALinkToADescriptor(@TempDir Path volume) throws Exception {
        Set<String> refusals = new TreeSet<>();
        Path door = Files.createDirectory(volume.resolve("door"));
        try (HostSide _ = HostSide.prepare()) {
            Container container = node.runPod("exec-cwd")
                    .run(Node.command("sleep", "1000")
                            .setWorkingDir("/v/door")
                            .addMounts(Mount.newBuilder()
                                    .setHostPath(volume.toString())
                                    .setContainerPath("/v")));
            for (int fd = 0; fd < DESCRIPTORS; fd++) {
                Files.delete(door);
                Files.createSymbolicLink(door, Path.of("/proc/self/fd/" + fd));
                try {
                    ExecSyncResponse exec = container.execSync(Duration.ofSeconds(20), "sh", "-c", PROBE);
                    if (exec.getExitCode() == 0) {
                        assertInside(
                                door + " -> " + fd,
                                exec.getStdout().toString(UTF_8).lines().toList());
                    } else {
                        refusals.add("exit code " + exec.getExitCode());
                    }
                } catch (StatusRuntimeException e) {
                    assertThat(e.getStatus().getDescription()).contains("/v/door");
                    refusals.add(String.valueOf(e.getStatus().getDescription()).replaceAll("\\d+", "N"));
                }
            }
        }
        refusals.forEach(refusal -> System.out.printf("    %s%n", refusal));
    }

    private static void assertInside(String directory, List<String> output) {
        assertThat(output)
                .as("a process in %s", directory)
                .doesNotContain("ESCAPED")
                .noneMatch(line -> line.contains("(unreachable)") || line.contains(HostSide.SECRET));
        assertThat(output.getLast()).startsWith("/");
    }

    /** Neither init nor an exec has a descriptor but its stdio, seen from inside and from the host. Fails where one of ours is not close-on-exec. */
    @ParameterizedTest(name = "terminal: {0}")
    @ValueSource(booleans = {false, true})
    void noDescriptorAboveTwo(boolean terminal) throws IOException {
        Container container =
                node.runPod("descriptors").run(Node.command("sleep", "4343").setTty(terminal));
        assertThat(container.exec("sh", "-c", "cd /proc/1/fd && " + OPEN)).isEqualTo("0\n1\n2");
        assertThat(container.exec("sh", "-c", "cd /proc/$$/fd && " + OPEN)).isEqualTo("0\n1\n2");
        assertThat(container.exec("sh", "-c", "sleep 4344 >/dev/null 2>&1 & true"))
                .isEmpty();
        for (String program : List.of("4343", "4344")) {
            Path process = HostSide.processOf("sleep", program);
            try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
                assertThat(descriptors.map(path -> path.getFileName().toString()))
                        .as(program)
                        .containsExactlyInAnyOrder("0", "1", "2");
            }
            for (String link : List.of("cwd", "root")) {
                assertThat(Files.readSymbolicLink(process.resolve(link))).hasToString("/");
            }
        }
    }

    /**
     * A container's mount table has what was asked for and nothing of the host's: not even below another mount, and nothing comes into sight
     * when all of it is unmounted. Fails where the old root is left, or where its detaching is not propagated.
     */
    @ParameterizedTest(name = "privileged: {0}")
    @ValueSource(booleans = {false, true})
    void noMountOfTheHost(boolean privileged) throws Exception {
        Pod pod = node.runPod("mounts", config -> {
            config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(privileged);
            return config;
        });
        ContainerConfig.Builder config = Node.shell(
                "cat /proc/1/mountinfo; [ -z \"$UNMOUNT\" ] || { for m in $(cut -d' ' -f5 /proc/1/mountinfo); do case $m in /|/proc) ;; *) echo $m;; esac; done"
                        + " | while read m; do umount -l $m 2>/dev/null; done; umount -l / 2>/dev/null; echo UNMOUNTED; cat /proc/1/mountinfo; ls /run; }");
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setPrivileged(privileged)
                .addMaskedPaths("/proc/keys")
                .addMaskedPaths("/proc/irq")
                .addReadonlyPaths("/proc/sys");
        if (privileged) {
            config.addEnvs(
                    dev.fairlead.cri.v1.KeyValue.newBuilder().setKey("UNMOUNT").setValue("1"));
        }
        try (HostSide _ = HostSide.prepare()) {
            Container container = pod.run(config);
            assertThat(container.awaitExit().getExitCode()).as("exit code").isZero();
            List<String> output = container.log().stdout();
            int end = output.contains("UNMOUNTED") ? output.indexOf("UNMOUNTED") : output.size();
            Set<String> expected = new TreeSet<>(
                    Set.of("/", "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/dev/shm", "/sys", "/sys/fs/cgroup"));
            List<String> unexpected = new ArrayList<>();
            Set<String> ids = output.subList(0, end).stream()
                    .map(line -> line.split(" ", -1)[0])
                    .collect(Collectors.toSet());
            for (String line : output.subList(0, end)) {
                String[] fields = line.split(" ", -1);
                String point = fields[4];
                boolean ours = expected.contains(point)
                        || point.startsWith("/sys/fs/cgroup/")
                        || Set.of("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
                                .contains(point)
                        || (!privileged
                                && Set.of("/proc/keys", "/proc/irq", "/proc/sys")
                                        .contains(point));
                if (!ours || point.equals("/") == ids.contains(fields[1])) {
                    unexpected.add(line);
                }
            }
            assertThat(unexpected)
                    .as("mounts that nobody asked for, or that lie on none of the container's")
                    .isEmpty();
            if (privileged) {
                assertThat(output.subList(end, output.size())).noneMatch(line -> line.contains("outside"));
            }
        }
    }
}
