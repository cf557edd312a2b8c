package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/**
 * What the launcher writes to /proc/self reaches the kernel, whatever a container has at /proc (CVE-2019-16884, CVE-2019-19921,
 * CVE-2025-52881): here regular files, which swallow a security label without a word. Each of these fails where the launcher opens the path
 * /proc/self in the container instead of what it has held since before it entered.
 */
class ProcWritesTest extends LauncherTest {
    private static final List<String> FILES = List.of("attr/exec", "oom_score_adj");

    /** A kernel without a security module refuses every label, so a file that takes what is written stands for attr/exec. */
    private static final SecurityLabel OBSERVABLE = new SecurityLabel("oom_score_adj", "701");

    private static ProcessRequest sleeping(SecurityLabel label) {
        return new ProcessRequest(
                TestContainer.process("/bin/sleep", "60"),
                TestContainer.ALL,
                Optional.empty(),
                Optional.of(label),
                OptionalInt.empty(),
                OptionalInt.empty(),
                Optional.empty());
    }

    private TestContainer start(ProcessRequest process) throws IOException {
        TestContainer container =
                container().process(process).change(TestContainer::withoutProc).start();
        for (String file : FILES) {
            Path planted = container.root.resolve("proc/self").resolve(file);
            Files.createDirectories(planted.getParent());
            Files.createFile(planted);
        }
        return container;
    }

    private static void assertNothingWasSwallowed(TestContainer container) {
        assertThat(FILES)
                .allSatisfy(
                        file -> assertThat(container.root.resolve("proc/self").resolve(file))
                                .isEmptyFile());
    }

    @Test
    void ofInit() throws Exception {
        try (TestContainer container = start(sleeping(OBSERVABLE))) {
            container.create();
            container.warden().launch(TestContainer.LIMIT);
            int init = container.warden().init().orElseThrow().id().pid();
            assertThat(Path.of("/proc/" + init + "/oom_score_adj")).hasContent("701");
            assertNothingWasSwallowed(container);
        }
    }

    @Test
    void aLabelThatTheKernelRefusesStopsInit() throws Exception {
        try (TestContainer container = start(sleeping(SecurityLabel.seLinux("a:b:c:s0")))) {
            container.create();
            assertThatThrownBy(() -> container.warden().launch(TestContainer.LIMIT))
                    .isInstanceOfSatisfying(
                            LauncherException.class,
                            e -> assertThat(e.failure())
                                    .isEqualTo(new LaunchFailure(Step.SETTING_LABEL, Errno.EINVAL, 0)));
            assertNothingWasSwallowed(container);
        }
    }

    @Test
    void ofAnExec() throws Exception {
        try (TestContainer container =
                start(ProcessRequest.of(TestContainer.process("/bin/sleep", "60"), TestContainer.ALL))) {
            container.create();
            container.warden().launch(TestContainer.LIMIT);
            try (Exec exec = container
                    .warden()
                    .exec(
                            new ExecRequest(
                                    sleeping(OBSERVABLE),
                                    container.devNull(),
                                    container.devNull(),
                                    container.devNull(),
                                    Optional.empty()),
                            TestContainer.LIMIT)) {
                // The label is written after the process was told of, before its program is executed.
                Path score = Path.of("/proc/" + exec.pid() + "/oom_score_adj");
                long end = System.nanoTime() + TestContainer.LIMIT.toNanos();
                while (!Files.readString(score).strip().equals("701") && System.nanoTime() < end) {
                    Thread.sleep(2);
                }
                assertThat(score).hasContent("701");
            }
            assertNothingWasSwallowed(container);
        }
    }
}
