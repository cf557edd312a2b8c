package dev.fairlead.cni;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Plugins that an earlier daemon has started: they go on when it is killed. One that is still at work on a pod when the next daemon has the pod detached
 * would leave what nobody knows of, as both find the same interface, and each half of what belongs to it.
 */
final class RunningPlugins {
    private static final String CONTAINER = "CNI_CONTAINERID=";
    private static final Path PROC = Path.of("/proc");
    private static final Path MOUNT_NAMESPACE = Path.of("ns/mnt");
    private static final long PAUSE_MILLIS = 5;

    private RunningPlugins() {}

    /**
     * Waits for those that work on these pods, and for what they have started.
     * @return whether they have ended by {@code limit}
     */
    static boolean awaitEnd(Set<String> containerIds, Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        for (List<Path> running = running(containerIds); !running.isEmpty(); running = running(containerIds)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        return true;
    }

    private static List<Path> running(Set<String> containerIds) throws IOException {
        String own = Files.readSymbolicLink(PROC.resolve("self").resolve(MOUNT_NAMESPACE))
                .toString();
        try (Stream<Path> entries = Files.list(PROC)) {
            return entries.filter(entry ->
                            Character.isDigit(entry.getFileName().toString().charAt(0)))
                    .filter(process -> worksOn(process, containerIds, own))
                    .toList();
        }
    }

    /** A container's process may call itself what it likes: it has a mount namespace of its own. */
    private static boolean worksOn(Path process, Set<String> containerIds, String mountNamespace) {
        try {
            String environment = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
            return environment.contains(CONTAINER)
                    && Arrays.stream(environment.split("\0", -1))
                            .filter(variable -> variable.startsWith(CONTAINER))
                            .anyMatch(variable -> containerIds.contains(variable.substring(CONTAINER.length())))
                    && Files.readSymbolicLink(process.resolve(MOUNT_NAMESPACE))
                            .toString()
                            .equals(mountNamespace);
        } catch (IOException ended) {
            return false;
        }
    }
}
