package dev.fairlead.cni;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One run of a program that reads stdin, answers on stdout and complains on stderr. */
final class PluginProcess {
    /** More than any plugin has to say. */
    private static final int MAX_OUTPUT = 1 << 20;

    private PluginProcess() {}

    /** How it ended. @param status 128 + n after signal n */
    record Output(int status, byte[] stdout, String stderr) {}

    /**
     * Runs {@code program} with our environment and {@code environment}.
     * @throws TimeoutException it has not ended in {@code limit}; it and its children were killed
     * @throws IOException it cannot be started
     */
    static Output run(Path program, Map<String, String> environment, byte[] input, Duration limit)
            throws IOException, TimeoutException {
        ProcessBuilder builder =
                new ProcessBuilder(program.toString()).directory(Path.of("/").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        FutureTask<byte[]> stdout = read(process.getInputStream());
        FutureTask<byte[]> stderr = read(process.getErrorStream());
        try {
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input);
            } catch (IOException e) {
                // It did not read all it was given. What it says, or its status, is the better message.
            }
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new TimeoutException();
            }
            return new Output(
                    process.exitValue(),
                    stdout.get(1, TimeUnit.SECONDS),
                    new String(stderr.get(1, TimeUnit.SECONDS), StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(program + " was interrupted");
        } catch (ExecutionException e) {
            throw new IOException("output of " + program, e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static FutureTask<byte[]> read(InputStream stream) {
        FutureTask<byte[]> task = new FutureTask<>(() -> {
            try (stream) {
                return stream.readNBytes(MAX_OUTPUT);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Thread.ofVirtual().start(task);
        return task;
    }
}
