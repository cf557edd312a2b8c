package dev.fairlead.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The cgroups of the node, and those of its containers, seen from outside of them. */
public final class Cgroups {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private Cgroups() {}

    /** Whether the node has cgroup v2 alone. */
    public static boolean unified() {
        return Files.exists(ROOT.resolve("cgroup.controllers"));
    }

    /** Whether the kernel has {@code controller}, in whichever version. */
    public static boolean has(String controller) throws IOException {
        return Files.readAllLines(Path.of("/proc/cgroups")).stream()
                .anyMatch(line -> line.startsWith(controller + "\t"));
    }

    /** The value of a cgroup file: by its name on cgroup v1, or what v2 has instead. */
    public static String read(Container container, String controller, String v1, String v2) throws IOException {
        return unified()
                ? read(container, v2)
                : Files.readString(of(ROOT.resolve(controller), container).resolve(v1))
                        .strip();
    }

    /** The value of a file of cgroup v2. */
    public static String read(Container container, String file) throws IOException {
        return Files.readString(of(ROOT, container).resolve(file)).strip();
    }

    /** The directory of a cgroup path in the hierarchy of {@code controller}. */
    public static Path directory(String controller, String path) {
        return (unified() ? ROOT : ROOT.resolve(controller)).resolve(path.substring(1));
    }

    private static Path of(Path hierarchy, Container container) throws IOException {
        Path parent = hierarchy.resolve("e2e");
        try (Stream<Path> groups = Files.walk(parent)) {
            return groups.filter(path -> path.getFileName().toString().contains(container.id()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no cgroup of " + container.id() + " below " + parent));
        }
    }
}
