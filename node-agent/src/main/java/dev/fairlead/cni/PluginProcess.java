package dev.fairlead.cni;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Memfd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.Signals;
import dev.fairlead.linux.Spawn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;

/**
 * One run of a program that reads stdin, answers on stdout and complains on stderr. All three are files in memory, so that nobody has to
 * read while it runs, and a child that it leaves behind keeps nobody waiting.
 */
final class PluginProcess {
    /** More than any plugin has to say. */
    private static final int MAX_OUTPUT = 256 * 1024;

    private static final int CHUNK = 4096;

    private static final Duration DEATH = Duration.ofSeconds(5);

    private PluginProcess() {}

    /**
     * How it ended.
     * @param status 128 + n after signal n
     */
    record Output(int status, String stdout, String stderr) {}

    /**
     * Runs {@code program} with our environment and {@code environment}.
     * @throws TimeoutException it has not ended in {@code limit}; it and its children were killed
     * @throws IOException it cannot be started
     */
    static Output run(Path program, Map<String, String> environment, byte[] input, Duration limit)
            throws IOException, TimeoutException {
        String name = program.getFileName().toString();
        try (Fd memory = Memfd.of(name + " stdin", input, Set.of());
                Fd stdin = Openat.open(Fd.CWD, path(memory).toString(), Set.of(OpenFlag.RDONLY), 0);
                Fd stdout = Memfd.bounded(name + " stdout", MAX_OUTPUT);
                Fd stderr = Memfd.bounded(name + " stderr", MAX_OUTPUT)) {
            int pid = Spawn.group(
                    program.toString(),
                    List.of(program.toString()),
                    variables(environment),
                    Map.of(0, stdin, 1, stdout, 2, stderr));
            int status = await(pid, limit);
            return new Output(status, read(stdout), read(stderr));
        }
    }

    private static int await(int pid, Duration limit) throws IOException, TimeoutException {
        try (Fd pidfd = Pidfds.open(pid)) {
            if (Pidfds.awaitEnd(pidfd, limit)) {
                return Pidfds.reap(pidfd).orElseThrow(() -> new IOException("process " + pid + " has no exit status"));
            }
            Signals.sendToGroup(pid, Signals.KILL);
            if (Pidfds.awaitEnd(pidfd, DEATH)) {
                Pidfds.reap(pidfd);
            }
            throw new TimeoutException();
        }
    }

    private static List<String> variables(Map<String, String> more) {
        Map<String, String> all = new TreeMap<>(System.getenv());
        all.putAll(more);
        List<String> variables = new ArrayList<>();
        all.forEach((name, value) -> variables.add(name + "=" + value));
        return variables;
    }

    /** Up to the first chunk that ends with zeros: the file has its full size from the start, mostly unwritten. */
    private static String read(Fd file) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (InputStream input = Files.newInputStream(path(file))) {
            while (true) {
                byte[] chunk = input.readNBytes(CHUNK);
                int length = chunk.length;
                while (length > 0 && chunk[length - 1] == 0) {
                    length--;
                }
                text.write(chunk, 0, length);
                if (length < CHUNK) {
                    return text.toString(StandardCharsets.UTF_8);
                }
            }
        }
    }

    /** Opened by this name, a file is read from its start, whoever wrote it. */
    private static Path path(Fd fd) {
        return Path.of("/proc/self/fd/" + fd.number());
    }
}
