package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.Mount;
import io.grpc.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be mounted at /proc and below it (libcontainer's checkProcMount): ten files, and nothing else. */
@OnNode
@OnlyFairlead
class ProcMountsTest {
    private static final String[] ALLOWED = {
        "/proc/cpuinfo",
        "/proc/diskstats",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/swaps",
        "/proc/uptime",
        "/proc/loadavg",
        "/proc/slabinfo",
        "/proc/sys/kernel/ns_last_pid",
        "/proc/sys/crypto/fips_enabled"
    };

    @TempDir
    Path volume;

    private final Node node;

    ProcMountsTest(Node node) {
        this.node = node;
    }

    private static ContainerConfig.Builder mounting(ContainerConfig.Builder config, Path source, String path) {
        return config.addMounts(
                Mount.newBuilder().setHostPath(source.toString()).setContainerPath(path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/cpuinfo",
                "/proc/diskstats",
                "/proc/meminfo",
                "/proc/stat",
                "/proc/swaps",
                "/proc/uptime",
                "/proc/loadavg",
                "/proc/slabinfo",
                "/proc/sys/kernel/ns_last_pid",
                "/proc/sys/crypto/fips_enabled"
            })
    void tenFilesMayBeCovered(String path) throws Exception {
        assumeThat(Path.of(path)).as("the kernel of this machine has it").exists();
        Path source = Files.writeString(volume.resolve("source"), "of the volume\n");
        Container container = node.runPod("allowed").run(mounting(Node.command("cat", path), source, path));
        assertThat(container.awaitExit().getExitCode()).isZero();
        assertThat(container.log().stdout()).containsExactly("of the volume");
    }

    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource(textBlock = """
            file,      /proc/version,                         a plain file
            file,      /proc/meminfo2,                        a file that is not there
            directory, /proc/sys,                             a directory
            directory, /proc/sys/kernel,                      the parent of an allowed file
            directory, /proc/new,                             a directory that is not there
            file,      /proc/self/attr/exec,                  the LSM label of a process (CVE-2019-16884)
            file,      /proc/self/environ,                    through the link self
            file,      /proc/thread-self/attr/current,        through the link thread-self
            file,      /proc/1/attr/exec,                     of a process by number
            file,      /proc/sys/kernel/core_pattern,         what the host executes
            file,      /proc/sysrq-trigger,                   what the host obeys
            file,      /tmp/../proc/version,                  up and down again
            file,      /proc/meminfo/../version,              up from an allowed one
            file,      //proc/./version,                      other spellings
            file,      /volume/to-version,                    a link in a volume
            file,      /volume/to-proc/version,               below a link to /proc
            file,      /volume/up/proc/version,               below a link that goes up
            """)
    void everythingElseIsRefused(String kind, String path, String because) throws Exception {
        Files.createSymbolicLink(volume.resolve("to-version"), Path.of("/proc/version"));
        Files.createSymbolicLink(volume.resolve("to-proc"), Path.of("/proc"));
        Files.createSymbolicLink(volume.resolve("up"), Path.of("../../.."));
        Path source = kind.equals("file")
                ? Files.writeString(volume.resolve("source"), "of the volume\n")
                : Files.createDirectory(volume.resolve("source"));
        Pod pod = node.runPod("refused");
        Refused.by(() -> pod.create(mounting(mounting(Node.command("true"), volume, "/volume"), source, path)))
                .as(Status.Code.INVALID_ARGUMENT, ALLOWED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc", "/proc/", "/proc/../proc", "/volume/to-proc"})
    void onProcItselfNothingButAProcfs(String path) throws Exception {
        Files.createSymbolicLink(volume.resolve("to-proc"), Path.of("/proc"));
        Path source = Files.createDirectory(volume.resolve("source"));
        Pod pod = node.runPod("ancestor");
        Refused.by(() -> pod.create(mounting(mounting(Node.command("true"), volume, "/volume"), source, path)))
                .as(Status.Code.INVALID_ARGUMENT, "only a procfs can be mounted on /proc");
        Container bound =
                node.runPod("procfs").run(mounting(Node.command("cat", "/proc/1/comm"), Path.of("/proc"), path));
        assertThat(bound.awaitExit().getExitCode()).isZero();
    }

    @Test
    void theRootIsNoTargetEither() {
        Pod pod = node.runPod("root");
        Refused.by(() -> pod.create(mounting(Node.command("true"), volume, "/")))
                .as(Status.Code.INVALID_ARGUMENT, "root itself");
    }
}
