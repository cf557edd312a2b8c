package dev.fairlead.uml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    @BeforeAll
    static void userModeLinuxIsInstalled() throws Exception {
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

    /** What JUnit's console printed; its status is checked. */
    private String runInGuest(String... classes) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                RUN.toString(),
                "-t",
                Integer.toString(LIMIT_SECONDS),
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
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

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }
}
