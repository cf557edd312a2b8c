package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.e2e.Command.Result;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The program itself, as it was built. */
@OnlyFairlead
class ExecutableTest {
    private static final String FAIRLEAD =
            Daemon.directory("e2e.home").resolve("fairlead").toString();

    @Test
    void hasAllItsParts() {
        Result check = Command.run(FAIRLEAD, "check", "--self");
        assertThat(check.output()).contains("all parts work").doesNotContain("missing");
        assertThat(check.out().lines().filter(line -> line.startsWith("good"))).hasSizeGreaterThan(25);
    }

    /** Whatever else it needs of the node it opens by itself, and says what is not there. */
    @Test
    void needsTheCLibraryAndZlibAlone() {
        String form = Command.run(FAIRLEAD, "--which").output();
        assumeTrue(form.startsWith("native executable "), "what was built last is for the JVM");
        List<String> libraries = Command.run("ldd", form.substring("native executable ".length()))
                .output()
                .lines()
                .map(line -> line.strip().replaceFirst("[ .].*", ""))
                .toList();
        assertThat(libraries).isSubsetOf("linux-vdso", "libz", "libc", "libm", "/lib64/ld-linux-x86-64");
    }
}
