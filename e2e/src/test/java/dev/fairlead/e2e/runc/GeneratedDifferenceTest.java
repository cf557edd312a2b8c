package dev.fairlead.e2e.runc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** The same as {@link RuncDifferenceTest}, of configurations that nobody thought of: always the same ones, as the seed is. */
class GeneratedDifferenceTest {
    private static final int TRIES = 24;
    private static final List<String> PLACES = List.of(
            "/a",
            "/a/b",
            "/a/b/c",
            "/home",
            "/home/app/x",
            "/share/deep",
            "/tmp",
            "/etc/hosts.d",
            "/var/../srv",
            "/dev/extra");
    private static final List<String> COVERED = List.of(
            "/proc/sys",
            "/proc/keys",
            "/proc/kcore",
            "/proc/bus",
            "/sys/firmware",
            "/etc",
            "/etc/hosts",
            "/home/app",
            "/a",
            "/absent",
            "/share",
            "/tmp",
            "/dev/zero");

    @SuppressWarnings("NullAway.Init") // by open()
    private static Comparison comparison;

    private static int ran;

    /** One entry of mounts. */
    private record Entry(String type, String destination, String source, List<String> options) {}

    @BeforeContainer
    static void open() throws IOException {
        comparison = new Comparison();
    }

    @Property(tries = TRIES, seed = "5", generation = GenerationMode.RANDOMIZED, shrinking = ShrinkingMode.BOUNDED)
    void looksTheSame(@ForAll("configurations") Configuration configuration) throws IOException {
        if (comparison.compare(configuration)) {
            ran++;
        }
    }

    @Provide
    Arbitrary<Configuration> configurations() {
        return Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of("", "rslave", "rshared", "rprivate", "shared"),
                        Arbitraries.of(true, false),
                        entry().list().ofMinSize(1).ofMaxSize(6),
                        // runc reads /proc/sys/kernel/cap_last_cap behind its masks, and does not run without.
                        Arbitraries.of(COVERED)
                                .filter(path -> !path.equals("/proc/sys"))
                                .list()
                                .uniqueElements()
                                .ofMaxSize(4),
                        Arbitraries.of(COVERED).list().uniqueElements().ofMaxSize(4))
                .as(GeneratedDifferenceTest::configuration);
    }

    private static Configuration configuration(
            boolean ordinary,
            String propagation,
            boolean readonly,
            List<Entry> entries,
            List<String> masked,
            List<String> readonlyPaths) {
        String name = "generated" + (propagation.isEmpty() ? "" : ", rootfsPropagation " + propagation);
        Configuration configuration = ordinary ? Configuration.ordinary(name) : Configuration.bare(name);
        for (Entry entry : entries) {
            var _ = configuration.mount(
                    entry.type(),
                    entry.destination(),
                    entry.source(),
                    entry.options().toArray(String[]::new));
        }
        if (!propagation.isEmpty()) {
            var _ = configuration.propagation(propagation);
        }
        if (readonly) {
            var _ = configuration.readonlyRoot();
        }
        return configuration.masked(masked.toArray(String[]::new)).readonly(readonlyPaths.toArray(String[]::new));
    }

    private static Arbitrary<Entry> entry() {
        return Arbitraries.frequencyOf(Tuple.of(3, bind()), Tuple.of(1, tmpfs()), Tuple.of(1, other()));
    }

    private static Arbitrary<Entry> bind() {
        return Combinators.combine(
                        Arbitraries.of(PLACES),
                        Arbitraries.of(Configurations.SOURCES).filter(source -> !source.equals("@/file")),
                        Arbitraries.of("bind", "rbind"),
                        Arbitraries.of(Configurations.ATTRIBUTES).list().ofMaxSize(4),
                        // KnownDifference.WORD_OF_ACCESS_TIME, compared by hand: the two read this word as opposites.
                        Arbitraries.of(Configurations.RECURSIVE)
                                .filter(word -> !word.equals("rnorelatime"))
                                .list()
                                .ofMaxSize(1),
                        Arbitraries.of("rprivate", "rslave", "rshared", "private", "slave", "shared")
                                .list()
                                .ofMaxSize(1))
                .as((place, source, bind, attributes, recursive, propagation) -> {
                    List<String> options = new ArrayList<>(List.of(bind));
                    options.addAll(attributes);
                    options.addAll(recursive);
                    options.addAll(propagation);
                    return new Entry("bind", place, source, options);
                });
    }

    private static Arbitrary<Entry> tmpfs() {
        return Combinators.combine(
                        Arbitraries.of(PLACES),
                        Arbitraries.of("mode=0700", "mode=1777", "size=64k", "tmpcopyup", "uid=5", "rslave", "rshared")
                                .list()
                                .ofMaxSize(2),
                        Arbitraries.of(Configurations.ATTRIBUTES).list().ofMaxSize(3))
                .as((place, data, attributes) -> {
                    List<String> options = new ArrayList<>(data);
                    options.addAll(attributes);
                    return new Entry("tmpfs", place, "tmpfs", options);
                });
    }

    private static Arbitrary<Entry> other() {
        return Combinators.combine(
                        Arbitraries.of(PLACES),
                        Arbitraries.of("mqueue", "devpts", "ramfs"),
                        Arbitraries.of("nosuid", "noexec", "nodev", "noatime")
                                .list()
                                .ofMaxSize(2))
                .as((place, type, options) -> new Entry(type, place, type, options));
    }

    @AfterContainer
    static void close() throws IOException {
        comparison.close();
        System.out.printf(
                "%d generated configurations compared with runc, %d of them ran%n", comparison.compared(), ran);
        assertThat(ran)
                .as("configurations that ran, and were not refused by both")
                .isGreaterThanOrEqualTo(TRIES / 2);
    }
}
