package dev.fairlead.e2e;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

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
        return read("/e2e", container.id(), controller, v1, v2);
    }

    /** The same of the container {@code id}, somewhere below the cgroup {@code parent}. */
    public static String read(String parent, String id, String controller, String v1, String v2) throws IOException {
        return Files.readString(of(directory(controller, parent), id).resolve(unified() ? v2 : v1))
                .strip();
    }

    /** The value of a file of cgroup v2. */
    public static String read(Container container, String file) throws IOException {
        return Files.readString(of(ROOT.resolve("e2e"), container.id()).resolve(file))
                .strip();
    }

    /** The directory of a cgroup path in the hierarchy of {@code controller}. */
    public static Path directory(String controller, String path) {
        return (unified() ? ROOT : ROOT.resolve(controller)).resolve(path.substring(1));
    }

    /** Cgroups of others may come and go meanwhile. */
    private static Path of(Path parent, String id) throws IOException {
        AtomicReference<@Nullable Path> found = new AtomicReference<>();
        Files.walkFileTree(parent, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                if (!path.getFileName().toString().contains(id)) {
                    return FileVisitResult.CONTINUE;
                }
                found.set(path);
                return FileVisitResult.TERMINATE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        Path group = found.get();
        if (group == null) {
            throw new AssertionError("no cgroup of " + id + " below " + parent);
        }
        return group;
    }
}
