package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.test.NeedsRoot;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NeedsRoot
class WardenTest {
    private static Launcher launcher;
    private static EventLoop loop;

    @TempDir
    private Path directory;

    @BeforeAll
    static void start() throws Exception {
        launcher = Launcher.load();
        loop = EventLoop.start("wardens of the tests");
    }

    @AfterAll
    static void stop() {
        loop.close();
        launcher.close();
    }

    private TestContainer.Builder container() {
        return new TestContainer.Builder(launcher, loop, directory);
    }

    @Test
    void runsAProgramToItsExitCode() throws Exception {
        try (TestContainer container =
                container().shell("echo hello from $$ at $(hostname); exit 42").run()) {
            assertThat(container.output()).isEqualTo("hello from 1 at box\n");
            assertThat(container.awaitExit().status()).isEqualTo(new ExitStatus.Code(42));
        }
    }
}
