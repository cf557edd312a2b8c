package dev.fairlead.e2e.runc;

import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.runc.Report.Difference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Gives configurations to both runtimes and holds what their containers look like against each other. */
final class Comparison implements AutoCloseable {
    private final Path probe;
    private final Runc runc = new Runc();
    private final Fairlead fairlead = new Fairlead();
    private final Set<KnownDifference> seen = EnumSet.noneOf(KnownDifference.class);
    private int compared;

    Comparison() throws IOException {
        probe = buildProbe();
    }

    static Path buildProbe() throws IOException {
        Path program = Files.createTempDirectory("difference").resolve("probe");
        String source =
                Daemon.directory("e2e.home").resolve("src/test/c/probe.c").toString();
        var _ = Command.run(
                        "gcc",
                        "-D_GNU_SOURCE",
                        "-Os",
                        "-static",
                        "-s",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-o",
                        program.toString(),
                        source)
                .output();
        return program;
    }

    /**
     * Compares.
     * @return whether the container ran
     * @throws AssertionError something differs that is not known to
     */
    boolean compare(Configuration configuration) throws IOException {
        Report there = report(runc, configuration);
        Report here = report(fairlead, configuration);
        compared++;
        List<Difference> unexplained = Report.differences(there, here).stream()
                .filter(difference -> !isKnown(difference, there, here, configuration))
                .toList();
        if (!unexplained.isEmpty()) {
            throw new AssertionError(
                    unexplained.stream().map(Difference::toString).collect(Collectors.joining("\n"))
                            + "\nof the configuration " + configuration);
        }
        return here.ran();
    }

    private boolean isKnown(Difference difference, Report there, Report here, Configuration configuration) {
        Optional<KnownDifference> known = KnownDifference.explaining(difference, there, here, configuration.name());
        known.ifPresent(seen::add);
        return known.isPresent();
    }

    private Report report(Subject subject, Configuration configuration) throws IOException {
        try (Scene scene = Scene.of(configuration, probe)) {
            HostMounts host = HostMounts.now();
            return Report.of(subject.run(scene), host);
        }
    }

    int compared() {
        return compared;
    }

    /** The known differences that did not show. */
    Set<KnownDifference> unseen() {
        return EnumSet.complementOf(EnumSet.copyOf(seen));
    }

    @Override
    public void close() throws IOException {
        fairlead.close();
        Files.delete(probe);
        Files.delete(probe.getParent());
    }
}
