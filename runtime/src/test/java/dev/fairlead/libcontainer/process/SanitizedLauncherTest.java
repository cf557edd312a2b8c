package dev.fairlead.libcontainer.process;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** The launcher's tests once more, with sanitizers in the launcher. */
class SanitizedLauncherTest {
    private static Sanitizers sanitizers;

    @BeforeAll
    static void prepare() throws IOException {
        sanitizers = new Sanitizers();
    }

    @AfterAll
    static void delete() throws IOException {
        sanitizers.delete();
    }

    @AfterEach
    void assertNothingFound() throws IOException {
        sanitizers.assertNothingFound();
    }

    @Nested
    class Init extends WardenTest {
        @Override
        Launcher loadLauncher() throws IOException {
            return sanitizers.build();
        }
    }

    @Nested
    class Failures extends LaunchFailureTest {
        @Override
        Launcher loadLauncher() throws IOException {
            return sanitizers.build();
        }
    }

    @Nested
    class Execs extends ExecTest {
        @Override
        Launcher loadLauncher() throws IOException {
            return sanitizers.build();
        }
    }

    @Nested
    class Restarts extends RestartTest {
        @Override
        Launcher loadLauncher() throws IOException {
            return sanitizers.build();
        }
    }
}
