package dev.fairlead.libcontainer.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** The launcher as an ordinary program with AddressSanitizer and UndefinedBehaviorSanitizer in it. A finding ends its process. */
final class Sanitizers {
    private static final Path C = Path.of("src/main/c").toAbsolutePath();
    private static final Path OPTIONS = Path.of("src/test/c/sanitizers.c").toAbsolutePath();

    private final Path directory;

    Sanitizers() throws IOException {
        directory = Files.createTempDirectory("sanitized-launcher");
    }

    /** Built once for all tests; skipped, with the compiler's words, where it has no sanitizers. */
    Launcher build() throws IOException {
        Path program = directory.resolve("launcher");
        if (Files.notExists(program)) {
            Process compiler = new ProcessBuilder(List.of(
                            C.resolve("build").toString(),
                            program.toString(),
                            "-g",
                            "-fsanitize=address,undefined",
                            "-fno-sanitize-recover=all",
                            "-static-libasan",
                            "-static-libubsan",
                            "-DLOG_PATH=\"" + directory.resolve("finding") + "\"",
                            OPTIONS.toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("log").toFile())
                    .start();
            Assumptions.assumeTrue(
                    succeeds(compiler), () -> "no launcher with sanitizers: " + read(directory.resolve("log")));
        }
        return Launcher.of(Files.readAllBytes(program));
    }

    private static boolean succeeds(Process compiler) throws IOException {
        try {
            return compiler.waitFor(60, TimeUnit.SECONDS) && compiler.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the compiler was at work", e);
        }
    }

    void assertNothingFound() throws IOException {
        try (var files = Files.list(directory)) {
            assertThat(files.filter(file -> file.getFileName().toString().startsWith("finding")))
                    .allSatisfy(finding -> assertThat(read(finding)).isEmpty());
        }
    }

    void delete() throws IOException {
        for (File file : directory.toFile().listFiles()) {
            Files.delete(file.toPath());
        }
        Files.delete(directory);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
