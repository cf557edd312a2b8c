package dev.fairlead.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All that pods could leave behind on the node: mounts, cgroups, network namespaces, links, firewall rules, processes, files below /run and
 * /var/lib. What images leave (layers, their store) does not count.
 */
public record Snapshot(Map<String, Integer> things) {
    /** The kernel and the runtimes clean some things up a moment after they have answered. */
    private static final Duration SETTLING = Duration.ofSeconds(10);

    private static final Set<Path> NOT_LOOKED_INTO = Set.of(
            Path.of("/run/copies"),
            Path.of("/var/lib/fairlead/images"),
            Path.of("/var/lib/fairlead/layers"),
            // Notes of what the disk has not got yet: they go when it has, which takes as long as it takes.
            Path.of("/var/lib/fairlead/unsynced"));

    /** Made with the first "fairlead run", and by CRIU, which keeps there what it has found out of the kernel. */
    private static final Set<Path> ONCE = Set.of(Path.of("/var/lib/fairlead/pods"), Path.of("/run/criu.kdat"));

    /** The cgroups that pods are put below, made with the first of them. */
    private static final Set<String> PARENTS = Set.of("e2e", "fairlead", "k8s.io");

    public static Snapshot take() {
        Map<String, Integer> things = new TreeMap<>();
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
                String[] fields = line.split(" ", -1);
                add(things, "mount " + fields[4] + " " + line.substring(line.indexOf(" - ") + 3));
            }
            for (String link : names("/sys/class/net")) {
                // of a veth only the number: its name is random
                add(things, "link " + (link.startsWith("veth") ? "veth*" : link));
            }
            walk(Path.of("/sys/fs/cgroup"), (path, attributes) -> {
                if (attributes.isDirectory()
                        && !PARENTS.contains(path.getFileName().toString())) {
                    add(things, "cgroup " + path);
                }
            });
            for (String directory : List.of("/run", "/var/lib/cni", "/var/lib/fairlead")) {
                walk(Path.of(directory), (path, attributes) -> {
                    if (!ONCE.contains(path)) {
                        add(things, "file " + path);
                    }
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (String program : List.of("iptables-save", "ip6tables-save")) {
            Command.run(program)
                    .output()
                    .lines()
                    .filter(line -> line.startsWith("-A"))
                    .forEach(line -> add(things, program + " " + line));
        }
        processes(things);
        return new Snapshot(things);
    }

    private static void processes(Map<String, Integer> things) {
        long own = ProcessHandle.current().pid();
        Set<Path> namespaces = new java.util.HashSet<>();
        for (String name : names("/proc")) {
            if (!name.chars().allMatch(Character::isDigit) || name.equals(Long.toString(own))) {
                continue;
            }
            Path process = Path.of("/proc", name);
            try {
                String commandLine =
                        Files.readString(process.resolve("cmdline")).replace('\0', ' ');
                namespaces.add(Files.readSymbolicLink(process.resolve("ns/net")));
                add(things, "process " + (commandLine.isBlank() ? "(ended, not reaped)" : commandLine.strip()));
            } catch (IOException e) {
                // it ended meanwhile: not left behind
            }
        }
        things.put("network namespaces of processes", namespaces.size());
    }

    /** Fails with the differences, unless they go away within some seconds. */
    public void assertRestored() {
        assertRestored(thing -> false);
    }

    /** The same but for what {@code expected} says of a thing's line. */
    public void assertRestored(Predicate<String> expected) {
        List<String> differences = differences(expected);
        long deadline = System.nanoTime() + SETTLING.toNanos();
        while (!differences.isEmpty() && System.nanoTime() < deadline) {
            Wait.pause(Duration.ofMillis(100));
            differences = differences(expected);
        }
        if (!differences.isEmpty()) {
            throw new AssertionError("the node is not as it was before: " + differences.size()
                    + " differences, the first of them:\n  "
                    + String.join("\n  ", differences.subList(0, Math.min(40, differences.size()))));
        }
    }

    private List<String> differences(Predicate<String> expected) {
        Map<String, Integer> now = take().things;
        List<String> differences = new ArrayList<>();
        Stream.concat(things.keySet().stream(), now.keySet().stream())
                .distinct()
                .filter(expected.negate())
                .sorted()
                .forEach(thing -> {
                    int more = now.getOrDefault(thing, 0) - things.getOrDefault(thing, 0);
                    if (more != 0) {
                        differences.add((more > 0 ? "+" : "") + more + " " + thing);
                    }
                });
        return differences;
    }

    private static void add(Map<String, Integer> things, String thing) {
        things.merge(thing, 1, Integer::sum);
    }

    private static List<String> names(String directory) {
        try (Stream<Path> paths = Files.list(Path.of(directory))) {
            return paths.map(path -> path.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @FunctionalInterface
    private interface Visit {
        void path(Path path, BasicFileAttributes attributes);
    }

    private static void walk(Path directory, Visit visit) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                if (NOT_LOOKED_INTO.contains(path)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                visit.path(path, attributes);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                visit.path(path, attributes);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // went away meanwhile
                }
                throw e;
            }
        });
    }
}
