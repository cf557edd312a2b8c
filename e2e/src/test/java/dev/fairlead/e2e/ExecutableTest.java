package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.e2e.Command.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The program itself, as it was built. */
@OnlyFairlead
class ExecutableTest {
    @Test
    void hasAllItsParts() {
        Result check = Command.run(Executable.FAIRLEAD, "check", "--self");
        assertThat(check.output()).contains("all parts work").doesNotContain("missing");
        assertThat(check.out().lines().filter(line -> line.startsWith("good"))).hasSizeGreaterThan(25);
    }

    /** Whatever else it needs of the node it opens by itself, and says what is not there. */
    @Test
    void needsTheCLibraryAndZlibAlone() {
        Optional<String> executable = Executable.nativeOne();
        assumeTrue(executable.isPresent(), "what was built last is for the JVM");
        List<String> libraries = Command.run("ldd", executable.get())
                .output()
                .lines()
                .map(line -> line.strip().replaceFirst("[ .].*", ""))
                .toList();
        assertThat(libraries).isSubsetOf("linux-vdso", "libz", "libc", "libm", "/lib64/ld-linux-x86-64");
    }

    /** That of Debian 13 or later, which came with CRIU. */
    @Test
    void startsWithTheCLibraryOfALaterDebian() throws IOException {
        Optional<String> executable = Executable.nativeOne();
        assumeTrue(executable.isPresent(), "what was built last is for the JVM");
        assumeTrue(Daemon.criu().isPresent(), "no programs of a later Debian could be fetched");
        Path root = Path.of(Daemon.criu().orElseThrow()).resolveSibling("root");
        Path libraries = root.resolve("usr/lib/x86_64-linux-gnu");
        String loader;
        try (Stream<Path> files = Files.walk(root)) {
            loader = files.filter(file -> file.endsWith("ld-linux-x86-64.so.2"))
                    .findFirst()
                    .orElseThrow()
                    .toString();
        }
        Result check = Command.run(loader, "--library-path", libraries.toString(), executable.get(), "check", "--self");
        assertThat(check.output()).contains("all parts work").doesNotContain("missing");
    }
}
