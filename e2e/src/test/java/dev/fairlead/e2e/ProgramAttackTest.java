package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * CVE-2019-5736: a process that enters a container runs a program of the host for a moment, and the container can reach it as
 * /proc/PID/exe and write to it once it rests. Ours is a sealed memfd. This fails where the memfd is not sealed, or a file of the host is
 * executed instead.
 */
@OnNode
@OnlyFairlead
class ProgramAttackTest {
    private static final String ATTACKER = Node.REGISTRY + "/attacker:1";
    private static final int EXECS = 200;
    private static final int LEAST_SCANS = 2000;

    private final Node node;

    ProgramAttackTest(Node node) {
        this.node = node;
    }

    /** The programs of all wardens and of the daemon, as the host has them. */
    private Map<String, Integer> programs() throws IOException {
        Map<String, Integer> programs = new TreeMap<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                if (!process.getFileName().toString().matches("[0-9]+")) {
                    continue;
                }
                String name = Files.readString(process.resolve("comm")).strip();
                if (name.equals("fairlead-warden")) {
                    programs.put(name, Arrays.hashCode(Files.readAllBytes(process.resolve("exe"))));
                }
            }
        }
        Path daemon = Path.of("/proc/" + node.daemon().pid() + "/exe");
        programs.put("daemon", Arrays.hashCode(Files.readAllBytes(daemon)));
        return programs;
    }

    /** The kernel takes the interpreter's name in the container: /proc/self/exe is the launcher, which the container gets to run. */
    @Test
    void aScriptWhoseInterpreterIsTheRuntime(@TempDir Path volume) throws IOException {
        Path script = Files.writeString(volume.resolve("evil"), "#!/proc/self/exe\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        Mount mount = Mount.newBuilder()
                .setHostPath(volume.toString())
                .setContainerPath("/v")
                .build();
        Pod pod = node.runPod("interpreter");
        Container container = pod.run(Node.command("sleep", "1000").addMounts(mount));
        Map<String, Integer> before = programs();
        ExecSyncResponse exec = container.execSync(Duration.ofSeconds(20), "/v/evil");
        assertThat(exec.getExitCode()).as("the launcher without a daemon").isNotZero();
        Attempt init = Attempt.at(pod, Node.command("/v/evil").addMounts(mount));
        init.container()
                .ifPresent(
                        started -> assertThat(started.awaitExit().getExitCode()).isNotZero());
        assertThat(container.exec("echo", "still here")).isEqualTo("still here");
        assertThat(programs()).isEqualTo(before);
    }

    /**
     * A process of the container lies in wait for execs. A privileged one gets hold of the program and opens it; an ordinary one does not even
     * see which it is, since what enters is not dumpable until it has executed.
     */
    @ParameterizedTest(name = "privileged: {0}")
    @ValueSource(booleans = {false, true})
    void aContainerThatLiesInWaitForExecs(boolean privileged) throws IOException {
        node.cri().pull(ATTACKER);
        Pod pod = node.runPod("overwrite", config -> {
            config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(privileged);
            return config;
        });
        ContainerConfig.Builder config = ContainerConfig.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(ATTACKER))
                .addCommand("overwrite");
        config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(privileged);
        Container attacker = pod.run(config);
        Map<String, Integer> before = programs();
        for (int i = 0; i < EXECS; i++) {
            ExecSyncResponse exec = attacker.execSync(Duration.ofSeconds(20), "echo", "sound");
            assertThat(exec.getStdout().toString(UTF_8)).isEqualTo("sound\n");
        }
        attacker.stop(Duration.ofSeconds(10));
        String report = attacker.log().stdout().getLast();
        System.out.printf("    %s%n", report);
        assertThat(number(report, "scans")).isGreaterThan(LEAST_SCANS);
        assertThat(number(report, "written")).isZero();
        if (privileged) {
            assertThat(number(report, "held"))
                    .as("it did get hold of the program")
                    .isPositive();
        } else {
            assertThat(number(report, "denied")).isPositive();
            assertThat(number(report, "held")).isZero();
        }
        assertThat(programs().get("daemon")).isEqualTo(before.get("daemon"));
        // Another container's warden has the same memfd.
        Container next = pod.run(Node.command("sleep", "1000"));
        assertThat(programs()).isEqualTo(before);
        assertThat(next.exec("echo", "sound")).isEqualTo("sound");
    }

    private static int number(String report, String word) {
        return Integer.parseInt(report.replaceAll(".*\\b" + word + " (\\d+).*", "$1"));
    }
}
