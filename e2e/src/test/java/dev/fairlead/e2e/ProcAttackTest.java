package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.Mount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A false /proc or /sys: whoever has it swallows what the runtime writes there (security labels), shows a container a false kernel, or gets
 * masks and read-only mounts to lie elsewhere.
 */
@OnNode
@OnlyFairlead
class ProcAttackTest {
    private final Node node;

    ProcAttackTest(Node node) {
        this.node = node;
    }

    private static Mount mount(Path source, String target) {
        return Mount.newBuilder()
                .setHostPath(source.toString())
                .setContainerPath(target)
                .build();
    }

    /**
     * CVE-2023-27561, CVE-2023-28642, CVE-2019-19921: the image has /proc or /sys as a link, to a directory of its own, of a volume, or of the
     * host. Fails where links are followed on the way to where procfs and sysfs go.
     */
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "proc, /elsewhere",
        "proc, ../../../../run/outside",
        "proc, /v/proc",
        "sys, /elsewhere",
        "sys, /run/outside",
        "sys, /v/proc"
    })
    void anImageWithALink(String name, String target, @TempDir Path volume) throws Exception {
        Files.createDirectories(volume.resolve("proc/self/attr"));
        Files.createFile(volume.resolve("proc/self/attr/exec"));
        try (HostSide _ = HostSide.prepare();
                TestRegistry registry = new TestRegistry()) {
            String image = registry.image(
                    "shop/link",
                    TestRegistry.busybox(),
                    TestRegistry.layer(layer ->
                            layer.file("elsewhere/file", "of the image").symlink(name, target)));
            node.cri().pull(image);
            try {
                Pod pod = node.runPod("link");
                Attempt.at(
                                pod,
                                ContainerConfig.newBuilder()
                                        .setImage(ImageSpec.newBuilder().setImage(image))
                                        .addAllCommand(List.of("cat", "/proc/self/attr/current"))
                                        .addMounts(mount(volume, "/v")))
                        .assertRefused("/" + name, "ordinary directory alone, reached without links");
                node.removeAllPods();
                assertThat(volume.resolve("proc/self/attr/exec")).isEmptyFile();
                assertThat(volume.resolve("proc").toFile().list()).containsExactly("self");
            } finally {
                node.removeAllPods();
                node.cri().removeImage(image);
            }
        }
    }

    /**
     * CVE-2019-16884 (an image with VOLUME /proc): a volume with the files that the runtime writes to is mounted at /proc or below, by its name
     * or through a link of another volume. Fails where the name that is asked for is judged instead of what it leads to.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "/proc, only a procfs",
        "/proc/self, /proc/meminfo",
        "/proc/self/attr, /proc/meminfo",
        "/proc/self/attr/exec, /proc/meminfo",
        "/proc/sys/kernel, /proc/meminfo",
        "/proc/timer_list, /proc/meminfo",
        "/x/../proc/self/attr, /proc/meminfo",
        "/v/door/attr, /proc/meminfo",
        "/v/root/proc/sys, /proc/meminfo",
        "/v/whole, only a procfs"
    })
    void aVolumeOverIt(String target, String words, @TempDir Path volume) throws Exception {
        Files.createSymbolicLink(volume.resolve("door"), Path.of("/proc/1"));
        Files.createSymbolicLink(volume.resolve("root"), Path.of("/"));
        Files.createSymbolicLink(volume.resolve("whole"), Path.of("../proc"));
        boolean file = target.endsWith("/exec") || target.endsWith("_list");
        Path fake = volume.resolve("fake");
        if (file) {
            Files.createFile(fake);
        } else {
            Files.createDirectories(fake.resolve("self/attr"));
        }
        try (HostSide _ = HostSide.prepare()) {
            Attempt.at(
                            node.runPod("over-proc"),
                            Node.command("true").addMounts(mount(volume, "/v")).addMounts(mount(fake, target)))
                    .assertRefused("mounts[", Path.of(target).normalize().toString(), words);
            if (file) {
                assertThat(fake).isEmptyFile();
            }
        }
    }

    /**
     * CVE-2025-52881: a container lays something else over its own procfs, so that what the runtime writes to its processes there goes astray.
     * An exec's oom_score_adj stands for all of it. Fails where the launcher opens /proc/self after it has joined the container.
     */
    @Test
    void aContainerThatCoversItsOwnProc() throws Exception {
        Pod pod = node.runPrivilegedPod("covered");
        ContainerConfig.Builder config = Node.shell(
                "mount -t tmpfs none /proc && mkdir -p /proc/self/attr /proc/sys/kernel"
                        + " && : > /proc/self/attr/exec && : > /proc/self/oom_score_adj && : > /proc/self/cgroup && echo covered; sleep 1000");
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder().setOomScoreAdj(777))
                .getSecurityContextBuilder()
                .setPrivileged(true);
        try (HostSide _ = HostSide.prepare()) {
            Container container = pod.run(config);
            Wait.until(
                    "its /proc is covered",
                    Duration.ofSeconds(10),
                    () -> container.log().stdout(),
                    lines -> lines.contains("covered"));
            assertThat(container.exec(
                            "sh", "-c", "sleep 4242 >/dev/null 2>&1 & cat /proc/self/*_adj /proc/self/attr/exec; pwd"))
                    .as("what was swallowed")
                    .isEqualTo("/");
            assertThat(HostSide.processOf("sleep", "4242").resolve("oom_score_adj"))
                    .hasContent("777");
        }
    }
}
