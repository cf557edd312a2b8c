package dev.fairlead.libcontainer.process;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The tests of failing launches, with sanitizers in the launcher. */
class SanitizedLaunchFailureTest extends LaunchFailureTest {
    private static Sanitizers sanitizers;

    @BeforeAll
    static void prepare() throws IOException {
        sanitizers = new Sanitizers();
    }

    @AfterAll
    static void delete() throws IOException {
        sanitizers.delete();
    }

    @Override
    Launcher loadLauncher() throws IOException {
        try {
            return sanitizers.build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @AfterEach
    void assertNothingFound() throws IOException {
        sanitizers.assertNothingFound();
    }
}
