package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.EventLoop;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of the launcher share: the program, a loop, and wardens that end with the test. */
@NeedsRoot
abstract class LauncherTest {
    @TempDir
    Path directory;

    EventLoop loop;
    Launcher launcher;

    @BeforeEach
    void startLoop() throws IOException {
        loop = EventLoop.start("wardens of a test");
        launcher = loadLauncher();
    }

    @AfterEach
    void stopLoop() {
        launcher.close();
        loop.close();
    }

    Launcher loadLauncher() throws IOException {
        return Launcher.load();
    }

    TestContainer.Builder container() {
        return new TestContainer.Builder(launcher, loop, directory);
    }

    /** Waits until the process has executed its program. */
    static void awaitProgram(int pid, String name) throws Exception {
        Path comm = Path.of("/proc/" + pid + "/comm");
        for (int i = 0; i < 500 && !java.nio.file.Files.readString(comm).strip().equals(name); i++) {
            Thread.sleep(10);
        }
    }

    /** The processes whose parent this is. */
    static List<Integer> childrenOf(int pid) throws IOException {
        List<Integer> children = new ArrayList<>();
        try (var processes = java.nio.file.Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                if (process.getFileName().toString().matches("[0-9]+") && parentOf(process) == pid) {
                    children.add(Integer.parseInt(process.getFileName().toString()));
                }
            }
        }
        return children;
    }

    private static int parentOf(Path process) {
        try {
            String stat = java.nio.file.Files.readString(process.resolve("stat"));
            return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 4).split(" ", -1)[0]);
        } catch (IOException e) {
            return -1; // it ended
        }
    }
}
