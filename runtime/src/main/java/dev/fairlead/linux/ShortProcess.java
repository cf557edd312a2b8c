package dev.fairlead.linux;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** One run of a program of the host that reads stdin, answers on stdout and complains on stderr: see {@link StdioFiles}. */
public final class ShortProcess {
    private static final Duration DEATH = Duration.ofSeconds(5);

    private ShortProcess() {}

    /**
     * How it ended.
     * @param status 128 + n after signal n
     */
    public record Output(int status, String stdout, String stderr) {}

    /**
     * Runs {@code program} and waits for its end.
     * @param arguments the first is its own name
     * @param environment all it gets, in the form NAME=value
     * @param maxOutput in bytes, of stdout and of stderr
     * @throws TimeoutException it has not ended in {@code limit}; it and its process group were killed
     * @throws IOException it cannot be started
     */
    public static Output run(
            String program,
            List<String> arguments,
            List<String> environment,
            byte[] input,
            int maxOutput,
            Duration limit)
            throws IOException, TimeoutException {
        try (StdioFiles files = StdioFiles.open(program, input, maxOutput)) {
            int pid = Spawn.group(
                    program, arguments, environment, Map.of(0, files.stdin(), 1, files.stdout(), 2, files.stderr()));
            int status = await(pid, limit);
            return new Output(status, files.output(), files.errors());
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
}
