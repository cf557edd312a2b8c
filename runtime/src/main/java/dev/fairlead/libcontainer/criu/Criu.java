package dev.fairlead.libcontainer.criu;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.ShortProcess;
import dev.fairlead.linux.Signals;
import dev.fairlead.linux.Spawn;
import dev.fairlead.linux.StdioFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The program criu(8) of this node.
 *
 * @param program an executable file
 */
public record Criu(Path program) {
    /** What it runs itself (tar, iptables-restore) is the host's. */
    public static final List<String> ENVIRONMENT =
            List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C");

    private static final String NAME = "criu";

    /** Where distributions and administrators install it, beside what PATH says: a service's may be short. */
    private static final List<Path> USUAL =
            List.of(Path.of("/usr/local/sbin"), Path.of("/usr/sbin"), Path.of("/usr/local/bin"), Path.of("/usr/bin"));

    /** In the container's directory while CRIU works on it: pid and start time. */
    private static final String RUNNING = "criu.running";

    private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);
    private static final Duration DEATH = Duration.ofSeconds(5);
    private static final int MAX_OUTPUT = 64 * 1024;

    /** The first one in the directories of {@code searchPath}, in PATH's form, and where it usually is. */
    public static Optional<Criu> find(String searchPath) {
        Stream<Path> named = Arrays.stream(searchPath.split(":", -1))
                .filter(directory -> directory.startsWith("/"))
                .map(Path::of);
        return Stream.concat(named, USUAL.stream())
                .map(directory -> directory.resolve(NAME))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Criu::new);
    }

    /** What it finds missing in this kernel ({@code criu check}), in its own words; empty: it works here. */
    public Optional<String> problem() throws IOException {
        ShortProcess.Output output;
        try {
            output = ShortProcess.run(
                    program.toString(),
                    List.of(program.toString(), "check"),
                    ENVIRONMENT,
                    new byte[0],
                    MAX_OUTPUT,
                    CHECK_LIMIT);
        } catch (TimeoutException e) {
            return Optional.of("no answer within " + CHECK_LIMIT.toSeconds() + " s");
        }
        if (output.status() == 0) {
            return Optional.empty();
        }
        String errors = CriuLog.errors(output.stdout() + '\n' + output.stderr());
        return Optional.of(errors.isEmpty() ? "exit status " + output.status() : errors);
    }

    /**
     * Writes the images of a container's processes, which go on.
     * @param directory the container's, where a daemon that comes after us finds out that CRIU was at work
     * @throws CriuException.TimedOut not within {@code limit}: CRIU was killed. The processes go on then too: what it put into them ends by itself
     *     when CRIU does
     */
    public void dump(DumpRequest request, Path directory, Duration limit) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(request.arguments());
        Path log = request.work().resolve(DumpRequest.LOG);
        try (StdioFiles files = StdioFiles.open(program.toString(), new byte[0], MAX_OUTPUT)) {
            int pid = Spawn.group(
                    program.toString(),
                    command,
                    ENVIRONMENT,
                    Map.of(0, files.stdin(), 1, files.stdout(), 2, files.stderr()));
            OptionalInt status = await(pid, directory, limit);
            if (status.isEmpty()) {
                String seconds = Long.toString(Math.ceilDiv(limit.toMillis(), 1000));
                throw new CriuException.TimedOut(program + " did not finish within " + seconds
                        + " s, and was ended; allow more time"
                        + (Files.exists(log) ? ", or look at what it was doing in " + log : ""));
            }
            if (status.getAsInt() != 0) {
                String said = CriuLog.errors(log);
                if (said.isEmpty()) {
                    said = CriuLog.errors(files.errors() + '\n' + files.output());
                }
                throw new CriuException(program + " ended with status " + status.getAsInt()
                        + (said.isEmpty() ? "" : ": " + said) + "; all it said is in " + log);
            }
        }
    }

    private static OptionalInt await(int pid, Path directory, Duration limit) throws IOException {
        Path note = directory.resolve(RUNNING);
        try (Fd pidfd = Pidfds.open(pid)) {
            // Our child, and not waited for: it exists.
            Files.writeString(note, pid + " " + ProcessId.of(pid).orElseThrow().startTicks());
            if (Pidfds.awaitEnd(pidfd, limit)) {
                return Pidfds.reap(pidfd);
            }
            Signals.sendToGroup(pid, Signals.KILL);
            if (Pidfds.awaitEnd(pidfd, DEATH)) {
                Pidfds.reap(pidfd);
            }
            return OptionalInt.empty();
        } finally {
            Files.deleteIfExists(note);
        }
    }

    /**
     * Ends the CRIU that an earlier daemon had set to work on a container when it was killed itself.
     * @param directory the container's
     * @return whether the earlier daemon was at that: then its processes may still be stopped
     */
    public static boolean endForgotten(Path directory) throws IOException {
        Path note = directory.resolve(RUNNING);
        String[] said;
        try {
            said = Files.readString(note).split(" ", -1);
        } catch (NoSuchFileException e) {
            return false;
        }
        if (said.length == 2) { // else the note was cut off
            ProcessId forgotten = new ProcessId(Integer.parseInt(said[0]), Long.parseLong(said[1]));
            if (forgotten.exists()) {
                end(forgotten);
            }
        }
        Files.delete(note);
        return true;
    }

    private static void end(ProcessId process) throws ErrnoException {
        try (Fd pidfd = Pidfds.open(process.pid())) {
            Signals.sendToGroup(process.pid(), Signals.KILL);
            Pidfds.awaitEnd(pidfd, DEATH);
        }
    }
}
