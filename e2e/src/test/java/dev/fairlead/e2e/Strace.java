package dev.fairlead.e2e;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What strace counted while some work was done: of the processes that it was attached to, and of all that they started meanwhile.
 *
 * @param processes that were started, threads not among them
 * @param programs that were executed
 */
public record Strace(long systemCalls, long processes, long programs) {
    private static final Pattern PROCESS = Pattern.compile("\\b(fork|vfork|clone3?)\\(");
    private static final Duration ATTACHING = Duration.ofSeconds(60);

    /** Stops of the processes end before the work begins, and calls are told after it has ended. */
    private static final Duration SETTLING = Duration.ofMillis(300);

    /** Whether it is installed. */
    public static boolean isHere() {
        return Stream.of("/usr/bin/strace", "/bin/strace").anyMatch(file -> Files.isExecutable(Path.of(file)));
    }

    /** Counts what {@code work} makes these processes do. */
    public static Strace of(Collection<Long> pids, Runnable work) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("strace");
        try {
            return of(pids, work, directory.resolve("trace"), directory.resolve("said"));
        } finally {
            Command.run("rm", "-r", directory.toString());
        }
    }

    private static Strace of(Collection<Long> pids, Runnable work, Path file, Path said)
            throws IOException, InterruptedException {
        List<String> command = Stream.concat(
                        Stream.of("strace", "-f", "-o", file.toString()),
                        pids.stream().flatMap(pid -> Stream.of("-p", pid.toString())))
                .toList();
        Process strace = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        long before;
        try {
            Wait.until("strace is attached", ATTACHING, () -> attached(said), count -> count >= pids.size());
            Wait.pause(SETTLING);
            before = lines(file).size();
            work.run();
            Wait.pause(SETTLING);
        } finally {
            end(strace);
        }
        return of(lines(file).stream().skip(before).toList());
    }

    private static void end(Process strace) throws InterruptedException {
        strace.destroy();
        if (!strace.waitFor(20, TimeUnit.SECONDS)) {
            throw new AssertionError("strace does not end");
        }
    }

    /** Of a program that is run by strace itself. */
    public static Strace of(List<String> lines) {
        List<String> calls = lines.stream()
                .filter(line -> line.contains("(") && !line.contains("resumed>") && !line.contains("+++"))
                .toList();
        long processes = calls.stream()
                .filter(line -> PROCESS.matcher(line).find() && !line.contains("CLONE_THREAD"))
                .count();
        // A name without a slash is tried in each directory of PATH.
        long programs = calls.stream()
                .filter(line -> line.contains("execve") && !line.contains("ENOENT"))
                .count();
        return new Strace(calls.size(), processes, programs);
    }

    /** Of a process with threads, the first line has the process and further ones its threads. */
    private static long attached(Path said) {
        return Command.run("sh", "-c", "grep -c ' attached' " + said + " || true")
                .output()
                .lines()
                .mapToLong(Long::parseLong)
                .sum();
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
    }
}
