package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What attacks of containers aim at on the node: a directory with a secret, and settings of the kernel. Closing it asserts that all of it is
 * untouched: no file more or less, no other content or owner, nothing mounted there.
 */
final class HostSide implements AutoCloseable {
    static final String SECRET = "a secret of the host";
    private static final Path DIRECTORY = Path.of("/run/outside");

    /** What an escape through procfs would be after: it takes the machine over. Only read, and not every kernel has all. */
    private static final List<Path> SETTINGS = List.of(
            Path.of("/proc/sys/kernel/core_pattern"),
            Path.of("/proc/sys/kernel/modprobe"),
            Path.of("/proc/sys/kernel/sysrq"),
            Path.of("/proc/sys/kernel/hostname"));

    private final Map<String, String> before;

    private HostSide(Map<String, String> before) {
        this.before = before;
    }

    static HostSide prepare() throws IOException {
        remove(); // of a test that failed before
        Files.createDirectory(DIRECTORY);
        Files.writeString(DIRECTORY.resolve("secret"), SECRET);
        // What runc removed where an image had /dev as a link to a directory of the host (CVE-2026-41579).
        Files.writeString(DIRECTORY.resolve("ptmx"), SECRET);
        return new HostSide(state());
    }

    Path directory() {
        return DIRECTORY;
    }

    Path secret() {
        return DIRECTORY.resolve("secret");
    }

    private static Map<String, String> state() throws IOException {
        Map<String, String> state = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(DIRECTORY)) {
            for (Path path : paths.toList()) {
                Map<String, Object> attributes = Files.readAttributes(path, "unix:ino,mode,uid,nlink,ctime");
                state.put(path.toString(), new TreeMap<>(attributes).toString());
                if (Files.isRegularFile(path)) {
                    state.put(path + " says", Files.readString(path));
                }
            }
        }
        for (Path setting : SETTINGS.stream().filter(Files::exists).toList()) {
            state.put(setting.toString(), Files.readString(setting));
        }
        return state;
    }

    /** The directory in the node's procfs of the process with this command line, of whatever container. */
    static Path processOf(String... command) throws IOException {
        String wanted = String.join("\0", command) + "\0";
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                if (process.getFileName().toString().matches("[0-9]+")
                        && Files.readString(process.resolve("cmdline")).equals(wanted)) {
                    return process;
                }
            }
        }
        throw new AssertionError("no process " + List.of(command));
    }

    /** Nothing is mounted on the node at {@code path} or below, as its own mount table says. */
    static void assertNothingIsMountedAt(Path path) throws IOException {
        assertThat(Files.readAllLines(Path.of("/proc/self/mountinfo"))).noneMatch(line -> line.contains(" " + path));
    }

    @Override
    public void close() throws IOException {
        try {
            assertNothingIsMountedAt(DIRECTORY);
            assertThat(state()).as("the host's side").isEqualTo(before);
        } finally {
            remove();
        }
    }

    private static void remove() throws IOException {
        if (!Files.exists(DIRECTORY)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(DIRECTORY)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
