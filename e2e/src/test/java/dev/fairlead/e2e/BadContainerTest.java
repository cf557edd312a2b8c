package dev.fairlead.e2e;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.Capability;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Containers and pods that cannot be: refused with the right code, in words that name the field, and with nothing left behind. */
@OnNode
class BadContainerTest {
    private final Node node;

    BadContainerTest(Node node) {
        this.node = node;
    }

    /** @param words what the message must contain: the field or file, and what is wrong with it */
    record Bad(String name, Consumer<ContainerConfig.Builder> damage, Status.Code code, List<String> words) {
        Bad(String name, Consumer<ContainerConfig.Builder> damage, Status.Code code, String... words) {
            this(name, damage, code, List.of(words));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Bad> refusedAtCreation() {
        return Stream.of(
                new Bad(
                        "an unknown image",
                        config -> config.setImage(ImageSpec.newBuilder().setImage("127.0.0.1:5000/nowhere:1")),
                        NOT_FOUND,
                        "127.0.0.1:5000/nowhere:1"),
                new Bad(
                        "an unknown user",
                        config -> config.getLinuxBuilder()
                                .getSecurityContextBuilder()
                                .setRunAsUsername("stowaway"),
                        INVALID_ARGUMENT,
                        "stowaway",
                        "/etc/passwd"),
                new Bad(
                        "an unknown capability",
                        config -> config.getLinuxBuilder()
                                .getSecurityContextBuilder()
                                .setCapabilities(Capability.newBuilder().addAddCapabilities("CAP_FLY")),
                        INVALID_ARGUMENT,
                        "CAP_FLY"),
                new Bad(
                        "a seccomp profile that is not there",
                        config -> seccomp(config, "/var/lib/fairlead/no-such-profile.json"),
                        INVALID_ARGUMENT,
                        "/var/lib/fairlead/no-such-profile.json"),
                new Bad(
                        "a mount source that is not there",
                        config -> config.addMounts(Mount.newBuilder()
                                .setHostPath("/proc/no-such-source")
                                .setContainerPath("/data")),
                        INVALID_ARGUMENT,
                        "mounts[0]",
                        "/proc/no-such-source"),
                new Bad(
                        "an env variable with NUL",
                        config -> config.addEnvs(
                                KeyValue.newBuilder().setKey("BROKEN").setValue("a\0b")),
                        INVALID_ARGUMENT,
                        "BROKEN",
                        "NUL"));
    }

    @ParameterizedTest
    @MethodSource
    void refusedAtCreation(Bad bad) {
        Pod pod = node.runPod("bad");
        Snapshot before = Snapshot.take();
        ContainerConfig.Builder config = Node.command("true");
        bad.damage().accept(config);
        assumeTrue(
                Daemon.isFairlead() || !bad.name().contains("capability"),
                "runc warns of an unknown capability and goes on");
        // A runtime may look at some of it only when the container starts; then it must say so then.
        Refused.by(() -> {
                    Container created = pod.create(config);
                    try {
                        created.start();
                    } finally {
                        created.remove();
                    }
                })
                .as(bad.code(), bad.words());
        before.assertRestored();
    }

    static Stream<Bad> refusedAtStart() {
        return Stream.of(
                new Bad(
                        "a command that does not exist",
                        config -> config.clearCommand().addCommand("no-such-command"),
                        NOT_FOUND,
                        "no-such-command",
                        "PATH"),
                new Bad(
                        "a path that does not exist",
                        config -> config.clearCommand().addCommand("/no/such/command"),
                        NOT_FOUND,
                        "/no/such/command"),
                new Bad(
                        "a command that is not executable",
                        config -> config.clearCommand().addCommand("/etc/passwd"),
                        FAILED_PRECONDITION,
                        "/etc/passwd",
                        "EACCES"),
                new Bad(
                        "a working directory that cannot be made",
                        config -> config.setWorkingDir("/etc/passwd/directory"),
                        INVALID_ARGUMENT,
                        "/etc/passwd/directory"),
                new Bad(
                        "a cgroup limit that the kernel refuses",
                        config -> config.getLinuxBuilder()
                                .setResources(
                                        LinuxContainerResources.newBuilder().setCpusetCpus("4090-4095")),
                        INVALID_ARGUMENT,
                        "4090-4095",
                        "cpuset"));
    }

    @ParameterizedTest
    @MethodSource
    void refusedAtStart(Bad bad) {
        Pod pod = node.runPod("bad");
        Snapshot before = Snapshot.take();
        ContainerConfig.Builder config = Node.command("true");
        bad.damage().accept(config);
        Refused.by(() -> {
                    Container created = pod.create(config);
                    try {
                        created.start();
                    } finally {
                        ContainerStatus status = created.status();
                        System.out.printf(
                                "    state %s, exit code %d, reason %s%n",
                                status.getState(), status.getExitCode(), status.getReason());
                        assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
                        assertThat(status.getReason()).isEqualTo("StartError");
                        assertThat(status.getExitCode()).isEqualTo(128);
                        created.remove();
                    }
                })
                .as(bad.code(), bad.words());
        before.assertRestored();
    }

    @Test
    void aSeccompProfileThatIsNoJson(@TempDir Path files) throws Exception {
        Path profile = Files.writeString(files.resolve("profile.json"), "{\"defaultAction\": \"SCMP_ACT_DANCE\"}");
        Pod pod = node.runPod("bad");
        ContainerConfig.Builder config = Node.command("true");
        seccomp(config, profile.toString());
        Refused.by(() -> pod.run(config)).as(INVALID_ARGUMENT, "seccomp", "SCMP_ACT_DANCE");
    }

    @Test
    void aSysctlOutsideOfThePod() {
        Refused.by(() -> node.runPod("bad", config -> sysctl(config, "vm.swappiness", "10")))
                .as(INVALID_ARGUMENT, "vm.swappiness");
    }

    @Test
    void aSysctlThatDoesNotExist() {
        Refused.by(() -> node.runPod("bad", config -> sysctl(config, "net.ipv4.tailwind", "1")))
                .as(INVALID_ARGUMENT, "net.ipv4.tailwind");
    }

    @Test
    void aPodWithoutAName() {
        Refused.by(() -> node.runPod("bad", PodSandboxConfig.Builder::clearMetadata))
                .as(INVALID_ARGUMENT, "metadata");
    }

    @Test
    void anExecOfACommandThatIsNotThere() {
        Container container = node.runPod("sound").run(Node.command("sleep", "1000"));
        for (var expected : List.of(new Expected(127, "no-such-command"), new Expected(126, "/etc/passwd"))) {
            // containerd refuses the call, CRI-O answers with a shell's exit code: a probe fails either way
            try {
                ExecSyncResponse response = container.execSync(Duration.ofSeconds(10), expected.command());
                assertThat(response.getExitCode()).isEqualTo(expected.exitCode());
                assertThat(response.getStderr().toStringUtf8()).contains(expected.command());
            } catch (StatusRuntimeException e) {
                System.out.println("    " + e.getStatus());
                assertThat(e.getStatus().getDescription()).contains(expected.command());
            }
        }
    }

    private record Expected(int exitCode, String command) {}

    private static void seccomp(ContainerConfig.Builder config, String file) {
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setSeccomp(SecurityProfile.newBuilder()
                        .setProfileType(ProfileType.Localhost)
                        .setLocalhostRef(file));
    }

    private static PodSandboxConfig.Builder sysctl(PodSandboxConfig.Builder config, String name, String value) {
        config.getLinuxBuilder().putSysctls(name, value);
        return config;
    }
}
