package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program of the node, run to its end. */
public final class Command {
    private static final long LONGEST_SECONDS = 180;

    /** How it ended; both streams as text. */
    public record Result(List<String> command, int exitCode, String out, String err) {
        /** Standard output without white space at its end, of a program that must have succeeded. */
        public String output() {
            if (exitCode != 0) {
                throw new AssertionError(command + ": exit code " + exitCode + "\n" + out + err);
            }
            return out.stripTrailing();
        }
    }

    private Command() {}

    public static Result run(String... command) {
        return run(Map.of(), List.of(command));
    }

    public static Result run(Map<String, String> environment, List<String> command) {
        Path out = temporary();
        Path err = temporary();
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(command + ": still running after " + LONGEST_SECONDS + " s\n"
                        + Files.readString(out) + Files.readString(err));
            }
            return new Result(
                    command,
                    process.exitValue(),
                    new String(Files.readAllBytes(out), UTF_8),
                    new String(Files.readAllBytes(err), UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + command, e);
        } finally {
            delete(out);
            delete(err);
        }
    }

    private static Path temporary() {
        try {
            return Files.createTempFile("fairlead-e2e", null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
