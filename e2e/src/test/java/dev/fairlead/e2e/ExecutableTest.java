package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.e2e.Command.Result;
import java.util.List;
import java.util.Optional;
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
}
