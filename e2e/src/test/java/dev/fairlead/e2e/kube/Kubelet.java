package dev.fairlead.e2e.kube;

import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A kubelet as a process of the node, as {@code e2e/kube/kubelet} starts it: started, killed and started again by the scenarios. */
final class Kubelet implements AutoCloseable {
    private static final Duration SLOWEST_START = Duration.ofMinutes(1);
    private static final Duration SLOWEST_ANSWER = Duration.ofSeconds(20);

    /** Where it says whether it is well. */
    private static final URI HEALTH = URI.create("http://127.0.0.1:10248/healthz");

    /** Where it says all else without asking who asks; it has this port without a cluster only. */
    private static final String FOR_ALL = "http://127.0.0.1:10255";

    enum Mode {
        STANDALONE,
        CLUSTER
    }

    private final Mode mode;
    private final Path directory;
    private final Path socket;
    private final Path log;
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(SLOWEST_ANSWER).build();
    private @Nullable Process process;

    /**
     * @param directory with its keys, if it is a cluster's, its static pods and its configuration
     * @param socket of its container runtime
     */
    Kubelet(Mode mode, Path directory, Path socket) {
        this.mode = mode;
        this.directory = directory;
        this.socket = socket;
        this.log = Daemon.directory("e2e.logs").resolve("kubelet.log");
    }

    /** Starts it with these lines of YAML beside its own configuration, and waits until it says that it is well. */
    void start(String... settings) throws IOException {
        Files.createDirectories(log.getParent());
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        Daemon.directory("e2e.home").resolve("kube/kubelet").toString(),
                        mode.name().toLowerCase(Locale.ROOT),
                        directory.toString(),
                        socket.toString(),
                        String.join("\n", settings)))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("KUBE", Daemon.directory("e2e.kube").toString());
        Process started = builder.start();
        process = started;
        started.getOutputStream().close();
        Wait.until(
                "the kubelet is well",
                SLOWEST_START,
                () -> {
                    if (!started.isAlive()) {
                        throw new AssertionError(
                                "the kubelet ended with " + started.exitValue() + "; its log ends with:\n" + logTail());
                    }
                    return isWell();
                },
                well -> well);
    }

    /** The port for everybody is opened a moment after the one that tells health. */
    private boolean isWell() {
        try {
            return get(HEALTH).statusCode() == 200
                    && (mode == Mode.CLUSTER
                            || get(URI.create(FOR_ALL + "/pods")).statusCode() == 200);
        } catch (IOException e) {
            return false;
        }
    }

    /** What it answers at {@code path} of its port for everybody, which it has without a cluster only. */
    String get(String path) {
        try {
            HttpResponse<String> response = get(URI.create(FOR_ALL + path));
            if (response.statusCode() != 200) {
                throw new AssertionError(
                        "the kubelet answers " + response.statusCode() + " to " + path + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<String> get(URI address) throws IOException {
        try {
            return client.send(
                    HttpRequest.newBuilder(address).timeout(SLOWEST_ANSWER).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking the kubelet", e);
        }
    }

    /** SIGTERM; its pods go on. */
    void stop() {
        process().destroy();
        awaitEnd();
    }

    /** SIGKILL; its pods go on. */
    void kill() {
        var _ = process().destroyForcibly();
        awaitEnd();
    }

    private void awaitEnd() {
        try {
            if (!process().waitFor(20, TimeUnit.SECONDS)) {
                var _ = process().destroyForcibly();
                throw new AssertionError("the kubelet does not end within 20 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the kubelet was ending", e);
        }
    }

    private Process process() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process;
    }

    Path directory() {
        return directory;
    }

    Path log() {
        return log;
    }

    String logTail() {
        try (var lines = Files.lines(log)) {
            List<String> all = lines.toList();
            return all.subList(Math.max(0, all.size() - 20), all.size()).stream()
                    .collect(Collectors.joining("\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process != null && process.isAlive()) {
            stop();
        }
    }
}
