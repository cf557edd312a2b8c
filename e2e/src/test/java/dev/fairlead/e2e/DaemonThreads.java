package dev.fairlead.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The daemon's threads, all of which have to be in its own namespaces between two calls: one that stayed behind in a pod's network or in a
 * container's mount namespace would do somebody else's work there.
 */
final class DaemonThreads {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final List<String> NAMESPACES = List.of("mnt", "net", "ipc", "uts", "pid", "cgroup", "user");

    private DaemonThreads() {}

    /** Fails where one is elsewhere, unless it ends or comes back within some seconds. */
    static void assertAtHome(long pid) {
        List<String> elsewhere = elsewhere(pid);
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!elsewhere.isEmpty() && System.nanoTime() < deadline) {
            Wait.pause(Duration.ofMillis(20));
            elsewhere = elsewhere(pid);
        }
        if (!elsewhere.isEmpty()) {
            throw new AssertionError(
                    "threads of the daemon that are not where it is:\n  " + String.join("\n  ", elsewhere));
        }
    }

    private static List<String> elsewhere(long pid) {
        Path process = Path.of("/proc", Long.toString(pid));
        List<String> elsewhere = new ArrayList<>();
        try (Stream<Path> threads = Files.list(process.resolve("task"))) {
            String home = place(process);
            for (Path thread : threads.toList()) {
                try {
                    String place = place(thread);
                    if (!place.equals(home)) {
                        elsewhere.add(Files.readString(thread.resolve("comm")).strip() + " (" + thread.getFileName()
                                + "): " + place + ", and the daemon " + home);
                    }
                } catch (NoSuchFileException ended) {
                    // as job threads do
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return elsewhere;
    }

    private static String place(Path thread) throws IOException {
        List<String> place = new ArrayList<>();
        for (String namespace : NAMESPACES) {
            place.add(Files.readSymbolicLink(thread.resolve("ns").resolve(namespace))
                    .toString());
        }
        place.add("root " + Files.readSymbolicLink(thread.resolve("root")));
        Files.readAllLines(thread.resolve("status")).stream()
                .filter(line -> line.startsWith("Umask:"))
                .forEach(place::add);
        return String.join(" ", place);
    }
}
