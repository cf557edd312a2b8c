package dev.fairlead.e2e.runc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.OnlyFairlead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The containers of Fairlead's library look like those of runc from inside, but for {@link KnownDifference}: configurations by hand. */
@OnlyFairlead
class RuncDifferenceTest {
    private static Comparison comparison;

    @BeforeAll
    static void open() throws IOException {
        comparison = new Comparison();
    }

    static Stream<Named<Configuration>> running() {
        return named(Configurations.running());
    }

    static Stream<Named<Configuration>> refusedByOne() {
        return named(Configurations.refusedByOne());
    }

    static Stream<Named<Configuration>> refused() {
        return named(Configurations.refused());
    }

    private static Stream<Named<Configuration>> named(List<Configuration> configurations) {
        return configurations.stream().map(configuration -> Named.of(configuration.name(), configuration));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void running(Configuration configuration) throws IOException {
        assertThat(comparison.compare(configuration)).as("it ran").isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(Configuration configuration) throws IOException {
        assertThat(comparison.compare(configuration)).as("it ran").isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refusedByOne(Configuration configuration) throws IOException {
        var _ = comparison.compare(configuration);
    }

    @ParameterizedTest
    @EnumSource
    void readmeHasItsReason(KnownDifference known) throws IOException {
        Path readme = Daemon.directory("e2e.home").resolveSibling("runtime/README.md");
        assertThat(Files.readAllLines(readme))
                .anyMatch(line -> line.startsWith("| `") && line.contains("`" + known.name() + "`"));
    }

    /** Afterwards each known difference has shown itself: no excuse outlives its reason. */
    @AfterAll
    static void close() throws IOException {
        comparison.close();
        System.out.printf("%d configurations by hand compared with runc%n", comparison.compared());
        assertThat(comparison.compared()).isGreaterThanOrEqualTo(60);
        assertThat(comparison.unseen())
                .as("known differences that did not show")
                .isEmpty();
    }
}
