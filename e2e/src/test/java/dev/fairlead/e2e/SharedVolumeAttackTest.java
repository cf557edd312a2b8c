package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A container swaps a name in a volume while others are set up that have the volume too, with mounts below that name: CVE-2021-30465 (a mount
 * lands on the host's directory, or the host's directory in the container) and CVE-2024-45310 (the files and directories to mount on are made
 * on the host). Both fail where a target is made or mounted on by its path. RaceTest does the same to each single step.
 */
@OnNode
class SharedVolumeAttackTest {
    private static final String ATTACKER = Node.REGISTRY + "/attacker:1";
    private static final int CONTAINERS = 20;
    /** Together with the containers, 2,000 tries. */
    private static final int MOUNTS = 100;

    private final Node node;

    SharedVolumeAttackTest(Node node) {
        this.node = node;
    }

    private static Mount mount(Path source, String target) {
        return Mount.newBuilder()
                .setHostPath(source.toString())
                .setContainerPath(target)
                .build();
    }

    private static Container attack(Pod pod, Path volume, String... command) {
        Container attacker = pod.run(ContainerConfig.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(ATTACKER))
                .addAllCommand(java.util.List.of(command))
                .addMounts(mount(volume, "/v")));
        Wait.until(
                "the attacker is at work",
                Duration.ofSeconds(10),
                () -> attacker.log().stdout(),
                lines -> lines.contains("at work"));
        return attacker;
    }

    @ParameterizedTest(name = "link {0}")
    @ValueSource(strings = {"/run/outside", "../../../../../../../../run/outside"})
    void mountsBelowANameThatIsSwapped(String link, @TempDir Path volume, @TempDir Path source) throws Exception {
        Files.createDirectory(volume.resolve("target"));
        Files.createSymbolicLink(volume.resolve("link"), Path.of(link));
        Files.createDirectory(source.resolve("directory"));
        Files.createFile(source.resolve("file"));
        node.cri().pull(ATTACKER);
        try (HostSide host = HostSide.prepare()) {
            Pod pod = node.runPod("swap");
            Container attacker = attack(pod, volume, "exchange", "/v/target", "/v/link");
            int set = 0;
            for (int c = 0; c < CONTAINERS; c++) {
                ContainerConfig.Builder victim = Node.shell(
                                "cat /run/outside/secret /v/target/secret /v/link/secret 2>/dev/null; grep -c ' /v/\\| /run/outside/' /proc/mounts")
                        .addMounts(mount(volume, "/v"));
                for (int m = 0; m < MOUNTS; m++) {
                    String name = c + "-" + m;
                    victim.addMounts(
                            m % 2 == 0
                                    ? mount(source.resolve("directory"), "/v/target/d" + name)
                                    : mount(source.resolve("file"), "/v/target/f" + name));
                }
                Attempt attempt = Attempt.at(pod, victim);
                if (attempt.refused()) {
                    assertThat(attempt.refusal()).as("names the mount").contains("mounts[", "/v/target/");
                    continue;
                }
                Container started = attempt.container().get();
                started.awaitExit();
                assertThat(started.log().stdout())
                        .as("mounts, each at the one name or the other, and nothing of the host")
                        .containsExactly(Integer.toString(MOUNTS));
                started.remove();
                set++;
            }
            System.out.printf("    %d of %d containers were set up under attack%n", set, CONTAINERS);
            assertThat(set).isPositive();
            attacker.stop(Duration.ofSeconds(1));
            assertThat(attacker.log().stderr()).as("it swapped all the time").isEmpty();
            HostSide.assertNothingIsMountedAt(volume);
            assertThat(host.directory().toFile().list()).containsExactlyInAnyOrder("secret", "ptmx");
        }
    }

    /** Without a race, a volume that has links prepared: to the host's directory, and out of the root by "..". */
    @Test
    void mountsBelowLinksOfTheVolume(@TempDir Path volume, @TempDir Path source) throws Exception {
        Files.createSymbolicLink(volume.resolve("absolute"), Path.of("/run/outside"));
        Files.createSymbolicLink(volume.resolve("up"), Path.of("../../../../../../run/outside"));
        Files.createSymbolicLink(volume.resolve("self"), Path.of("/proc/self/root/run/outside"));
        try (HostSide host = HostSide.prepare()) {
            Pod pod = node.runPod("links");
            for (String name : new String[] {"absolute", "up", "self"}) {
                Attempt attempt = Attempt.at(
                        pod,
                        Node.shell("cat /run/outside/secret 2>/dev/null; ls /run/outside")
                                .addMounts(mount(volume, "/v"))
                                .addMounts(mount(source, "/v/" + name + "/made")));
                if (attempt.refused()) {
                    System.out.printf("    %s%n", attempt.refusal());
                    assertThat(attempt.refusal()).contains("/v/" + name);
                } else {
                    attempt.container().get().awaitExit();
                    assertThat(attempt.container().get().log().stdout()).containsExactly("made");
                }
            }
            assertThat(host.directory().toFile().list()).containsExactlyInAnyOrder("secret", "ptmx");
        }
    }
}
