package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A /dev that somebody else has prepared: false devices, and links in the places of devices. RaceTest swaps them meanwhile. */
@OnNode
@OnlyFairlead
class DeviceAttackTest {
    private final Node node;

    DeviceAttackTest(Node node) {
        this.node = node;
    }

    private static Mount mount(Path source, String target) {
        return Mount.newBuilder()
                .setHostPath(source.toString())
                .setContainerPath(target)
                .build();
    }

    /** Puts at {@code path} what {@code kind} says: a file, "c MAJOR MINOR", "p", "-> TARGET", or nothing. */
    private static void plant(Path path, String kind) throws Exception {
        if (kind.equals("file")) {
            Files.writeString(path, "a file");
        } else if (kind.startsWith("-> ")) {
            Files.createSymbolicLink(path, Path.of(kind.substring(3)));
        } else if (!kind.equals("nothing")) {
            String[] words = kind.split(" ", -1);
            String[] command = new String[words.length + 2];
            command[0] = "mknod";
            command[1] = path.toString();
            System.arraycopy(words, 0, command, 2, words.length);
            Command.run(command).output();
        }
    }

    /**
     * CVE-2025-31133: /dev comes from a volume, its null is none, and masked paths are covered with it: then they stay open, or what a link
     * leads to is mounted in their place. Either the container is refused, or, where its /dev/null leads nowhere or to what is masked itself, its
     * masks are null devices. Fails where masks are made of the
     * container's /dev/null, where one that is missing makes masking end, or where init's stdio become whatever is at /dev/null.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "file, /dev/null",
        "-> /run/outside/secret, ''",
        "-> /proc/sys/kernel/core_pattern, /dev/null",
        "-> /proc/timer_list, ''",
        "c 1 5, /dev/null",
        "p, /dev/null",
        "nothing, ''"
    })
    void aFalseNullDevice(String kind, String refusal, @TempDir Path dev) throws Exception {
        plant(dev.resolve("null"), kind);
        try (HostSide _ = HostSide.prepare()) {
            ContainerConfig.Builder config = Node.shell(
                            "for p in /proc/keys /proc/timer_list; do stat -c '%F %t:%T' $p; done;"
                                    + " ls /proc/irq | wc -l")
                    .addMounts(mount(dev, "/dev"));
            config.getLinuxBuilder()
                    .getSecurityContextBuilder()
                    .addMaskedPaths("/proc/keys")
                    .addMaskedPaths("/proc/timer_list")
                    .addMaskedPaths("/proc/irq");
            Attempt attempt = Attempt.at(node.runPod("null"), config);
            if (refusal.isEmpty()) {
                assertThat(attempt.refusal()).isEmpty();
                Container container = attempt.container().get();
                container.awaitExit();
                assertThat(container.log().stdout())
                        .containsExactly("character special file 1:3", "character special file 1:3", "0");
            } else {
                attempt.assertRefused(refusal);
            }
        }
    }

    /**
     * CVE-2025-52565: the terminal of a container is mounted on /dev/console before masks are in place; as a link it leads the mount, which the
     * container may write to, over a file of procfs or of the host. Fails where the link is followed.
     */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "-> /run/outside/secret",
                "-> ../../../../run/outside/secret",
                "-> /proc/timer_list",
                "-> pts/0",
                "-> null"
            })
    void aConsoleThatIsALink(String kind, @TempDir Path dev) throws Exception {
        plant(dev.resolve("console"), kind);
        plant(dev.resolve("null"), "c 1 3");
        try (HostSide _ = HostSide.prepare()) {
            Attempt.at(
                            node.runPod("console"),
                            Node.command("sleep", "1000").setTty(true).addMounts(mount(dev, "/dev")))
                    .assertRefused("/dev/console", "symbolic link");
        }
    }

    /** As it should be: /dev/console is the container's terminal, whatever file is below it. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"file", "c 5 1", "nothing"})
    void aConsoleThatIsNone(String kind, @TempDir Path dev) throws Exception {
        plant(dev.resolve("console"), kind);
        plant(dev.resolve("null"), "c 1 3");
        try (HostSide _ = HostSide.prepare()) {
            Container container = node.runPod("console")
                    .run(Node.shell(
                                    "stat -c %t /dev/console; grep -c ' /dev/console devpts' /proc/mounts; echo seen >/dev/console")
                            .setTty(true)
                            .addMounts(mount(dev, "/dev")));
            container.awaitExit();
            assertThat(container.log().stdout()).containsExactly("88", "1", "seen");
        }
    }

    /**
     * CVE-2026-41579: the image has /dev as a link to a directory of the host, in which the runtime removes ptmx, makes links and makes nodes.
     * Fails where /dev is found by its path on the host.
     */
    @Test
    void anImageWithDevAsALink() throws Exception {
        try (HostSide host = HostSide.prepare();
                TestRegistry registry = new TestRegistry()) {
            for (String target : List.of("/run/outside", "../../../../run/outside")) {
                String image = registry.image(
                        "shop/dev", TestRegistry.busybox(), TestRegistry.layer(layer -> layer.symlink("dev", target)));
                node.cri().pull(image);
                try {
                    Attempt attempt = Attempt.at(
                            node.runPod("dev"),
                            ContainerConfig.newBuilder()
                                    .setImage(ImageSpec.newBuilder().setImage(image))
                                    .addAllCommand(List.of("ls", "/run/outside/")));
                    if (attempt.refused()) {
                        System.out.printf("    %s%n", attempt.refusal());
                        assertThat(attempt.refusal()).contains("/dev");
                    } else {
                        attempt.container().get().awaitExit();
                        assertThat(attempt.container().get().log().stdout())
                                .as("of the container's own /run/outside")
                                .contains("null", "ptmx", "pts")
                                .doesNotContain("secret");
                    }
                    assertThat(host.directory().toFile().list()).containsExactlyInAnyOrder("secret", "ptmx");
                } finally {
                    node.removeAllPods();
                    node.cri().removeImage(image);
                }
            }
        }
    }
}
