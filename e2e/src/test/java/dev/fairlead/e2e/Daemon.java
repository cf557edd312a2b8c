package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A runtime's daemon as a process of the node: started, killed and started again by the scenarios. */
public final class Daemon {
    private static final Duration SLOWEST_START = Duration.ofMinutes(2);

    private final List<String> command;
    private final Path socket;
    private final Path log;
    private @Nullable Process process;
    private @Nullable Path cgroup;

    Daemon(List<String> command, Path socket, Path log) {
        this.command = List.copyOf(command);
        this.socket = socket;
        this.log = log;
    }

    /** Fairlead; with {@code -De2e.runtime=containerd} the peer, which shows what clients of the interface have come to expect. */
    public static Daemon underTest() {
        return isFairlead() ? fairlead() : containerd();
    }

    public static boolean isFairlead() {
        return System.getProperty("e2e.runtime", "fairlead").equals("fairlead");
    }

    public static Daemon fairlead() {
        return fairlead(Path.of("/run/fairlead"), Path.of("/var/lib/fairlead"));
    }

    /** One beside the one under test, with its state and socket in {@code state} and its data in {@code data}. */
    public static Daemon fairlead(Path state, Path data) {
        Path socket = state.resolve("fairlead.sock");
        List<String> command = new ArrayList<>(List.of(
                Executable.nativeOne()
                        .orElse(Executable.FAIRLEAD), // without a shell before it, whose start is not ours
                "serve",
                "--socket=" + socket,
                "--state-dir=" + state,
                "--data-dir=" + data));
        criu().ifPresent(program -> command.addAll(List.of("--criu=" + program, "--restore-checkpoints=true")));
        return new Daemon(command, socket, directory("e2e.logs").resolve(state.getFileName() + ".log"));
    }

    /** A CRIU that works on this kernel; empty: there is none. */
    public static Optional<String> criu() {
        return Optional.of(System.getProperty("e2e.criu", "")).filter(program -> !program.isEmpty());
    }

    public static Daemon containerd() {
        return new Daemon(
                List.of(
                        "containerd",
                        "-c",
                        directory("e2e.home").resolve("peers/containerd.toml").toString()),
                Path.of("/run/containerd/containerd.sock"),
                directory("e2e.logs").resolve("containerd.log"));
    }

    /** From its next start on in a cgroup, with all that it starts. */
    public Daemon in(Path directory) {
        cgroup = directory;
        return this;
    }

    public static Path directory(String property) {
        return Path.of(System.getProperty(property, "target")).toAbsolutePath();
    }

    /** Starts it, with further options, and waits until it accepts connections. */
    public void start(String... options) throws IOException {
        launch(options);
        Process started = process();
        Wait.until(
                command + " accepts connections at " + socket,
                SLOWEST_START,
                () -> {
                    if (!started.isAlive()) {
                        throw new AssertionError(
                                command + " ended with " + started.exitValue() + "; its log ends with:\n" + logTail());
                    }
                    return accepts();
                },
                accepts -> accepts);
    }

    /** Starts it and waits for nothing. */
    public void launch(String... options) throws IOException {
        Files.createDirectories(log.getParent());
        Stream<String> entering = cgroup == null
                ? Stream.empty()
                : Stream.of("sh", "-c", "echo 0 >\"$0\"/cgroup.procs && exec \"$@\"", cgroup.toString());
        Stream<String> own =
                command.stream().filter(word -> Stream.of(options).noneMatch(option -> isSame(word, option)));
        ProcessBuilder builder = new ProcessBuilder(Stream.of(entering, own, Stream.of(options))
                        .flatMap(words -> words)
                        .toList())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().remove("HOSTNAME"); // a shell's; what is started by a service manager has none
        Process started = builder.start();
        process = started;
        started.getOutputStream().close();
    }

    /** Whether both are --NAME=..., which may be given once. */
    private static boolean isSame(String word, String option) {
        int end = option.indexOf('=');
        return end > 0 && word.startsWith(option.substring(0, end + 1));
    }

    /** Whether somebody listens on its socket. */
    public boolean accepts() {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    /** SIGKILL: it has no time to put anything in order. */
    public void kill() {
        var _ = process().destroyForcibly();
        awaitEnd("SIGKILL");
    }

    /** SIGTERM, as a service manager does. */
    public void stop() {
        process().destroy();
        awaitEnd("SIGTERM");
    }

    private void awaitEnd(String signal) {
        try {
            if (!process().waitFor(20, TimeUnit.SECONDS)) {
                var _ = process().destroyForcibly();
                throw new AssertionError(command + " does not end within 20 s after " + signal);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command + " was ending", e);
        }
    }

    public void restart() throws IOException {
        stop();
        start();
    }

    public boolean isAlive() {
        return process().isAlive();
    }

    public long pid() {
        return process().pid();
    }

    private Process process() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process;
    }

    public Path socket() {
        return socket;
    }

    /** What it logged last. */
    public String logTail() {
        try {
            List<String> lines =
                    new String(Files.readAllBytes(log), UTF_8).lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Proportional set size of one process, in KiB: what it has alone, and its share of what it has with others. */
    public static long pssKiB(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup")).stream()
                    .filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
