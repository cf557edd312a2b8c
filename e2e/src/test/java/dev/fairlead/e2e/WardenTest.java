package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a container costs beside itself: one small process. */
@OnNode
@OnlyFairlead
class WardenTest {
    private static final long MOST_KIB = 300;

    private final Node node;

    WardenTest(Node node) {
        this.node = node;
    }

    @Test
    void isTheOnlyProcessOfAContainerAndSmall() throws IOException {
        List<Long> before = processes();
        Container container = node.runPod("lonely").run(Node.command("sleep", "1000"));
        container.exec("true");
        List<Long> more = new ArrayList<>(processes());
        more.removeAll(before);
        assertThat(more).as("the container's process and its warden").hasSize(2);
        for (long pid : more) {
            if (!Files.readString(Path.of("/proc/" + pid + "/cmdline")).startsWith("sleep")) {
                assertThat(privateKiB(pid))
                        .as("private memory of the warden, KiB")
                        .isPositive()
                        .isLessThan(MOST_KIB);
            }
        }
    }

    private List<Long> processes() throws IOException {
        try (Stream<Path> paths = Files.list(Path.of("/proc"))) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> name.chars().allMatch(Character::isDigit))
                    .map(Long::valueOf)
                    .toList();
        }
    }

    private static long privateKiB(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream()
                .filter(line -> line.startsWith("Private_"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
