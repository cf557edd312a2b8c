package dev.fairlead.uml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Runs test classes of this module again on another kernel: Linux 6.1 with cgroup v2 alone, every capability, no cpuset and no hugetlb
 * (e2e/uml/run). Where user-mode Linux is not installed this is skipped, and says what is missing.
 */
@Tag("uml")
class UmlTest {
    private static final Path RUN = Path.of("../e2e/uml/run").toAbsolutePath().normalize();
    private static final int LIMIT_SECONDS = 240;
    private static final Path COVERAGE = Path.of("target/jacoco").toAbsolutePath();
    private static final String COVERED_HERE = "guest.exec";

    @BeforeAll
    static void userModeLinuxIsInstalled() throws Exception {
        Files.createDirectories(COVERAGE);
        Files.deleteIfExists(COVERAGE.resolve(COVERED_HERE));
        assumeTrue(Files.isExecutable(RUN), () -> RUN + " is not there: the test runs in a checkout");
        String missing = output(new ProcessBuilder(RUN.toString(), "--check").start());
        assumeTrue(missing.isEmpty(), missing);
    }

    @Test
    void onCgroupV2() throws Exception {
        assertThat(runInGuest(
                        "dev.fairlead.libcontainer.cgroups.CgroupTest",
                        "dev.fairlead.libcontainer.seccomp.SeccompTest"))
                .contains("cgroup, UNIFIED, median us")
                .contains(" 0 tests failed");
    }

    /** The same root file systems on cgroup v2, and on a kernel that takes the layers of an overlay in one string. */
    @Test
    void rootFileSystems() throws Exception {
        assertThat(runInGuest(
                        "dev.fairlead.libcontainer.rootfs.CgroupMountsTest",
                        "dev.fairlead.libcontainer.rootfs.LayerViewTest",
                        "dev.fairlead.libcontainer.rootfs.BindMountsTest",
                        "dev.fairlead.libcontainer.rootfs.ContainmentTest",
                        "dev.fairlead.libcontainer.rootfs.MountTypesTest",
                        "dev.fairlead.libcontainer.rootfs.RootfsErrorsTest",
                        "dev.fairlead.libcontainer.rootfs.RootfsThreadTest",
                        "dev.fairlead.libcontainer.rootfs.UserNamespaceTest"))
                .contains(" 0 tests failed");
    }

    /** What JUnit's console printed; its status is checked. */
    private String runInGuest(String... classes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                RUN.toString(),
                "-t",
                Integer.toString(LIMIT_SECONDS),
                "-s",
                COVERAGE.toString(),
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        coverageAgent().ifPresent(command::add);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                "org.junit.platform.console.ConsoleLauncher",
                "execute",
                "--disable-banner",
                "--disable-ansi-colors",
                "--details=tree"));
        for (String name : classes) {
            command.add("--select-class=" + name);
        }
        Process guest = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = output(guest);
        assertThat(guest.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as(output).isTrue();
        assertThat(guest.exitValue()).as(output).isZero();
        System.out.println(output.lines()
                .filter(line -> line.contains("median us") || line.contains("tests "))
                .toList());
        return output;
    }

    /** What measures this JVM measures that one too; its results are added to ours by the build. */
    private static Optional<String> coverageAgent() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> argument.startsWith("-javaagent:") && argument.contains("jacoco"))
                .map(argument -> argument.replaceFirst("destfile=[^,]*", "destfile=/mnt/shared/" + COVERED_HERE))
                .findFirst();
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}
