package dev.fairlead.pod;

import dev.fairlead.linux.ShortProcess;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * Checkpoints of containers (CheckpointContainer), which CRIU makes where it is installed and works. It judges the kernel itself; on none that
 * Fairlead was tested on has it found what it needs (node-agent/README.md), so that is how far this goes.
 */
public final class Checkpoints {
    private static final List<Path> PROGRAMS = List.of(
            Path.of("/usr/local/sbin/criu"),
            Path.of("/usr/sbin/criu"),
            Path.of("/usr/local/bin/criu"),
            Path.of("/usr/bin/criu"));
    private static final List<String> ENVIRONMENT = List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C");
    private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);
    private static final int MAX_OUTPUT = 64 * 1024;

    private final List<Path> programs;

    /** {@code programs}: where CRIU may be, the first that is there counts. */
    Checkpoints(List<Path> programs) {
        this.programs = List.copyOf(programs);
    }

    /** Looks where distributions and administrators install it. */
    public static Checkpoints ofThisNode() {
        return new Checkpoints(PROGRAMS);
    }

    /**
     * Writes a checkpoint of a running container.
     * @param location of the archive, absolute; must not exist
     * @throws PodException.WrongState the container does not run, or this node can make no checkpoints; says why
     */
    public void write(PodContainer container, String location) throws IOException {
        if (!location.startsWith("/")) {
            throw new InvalidConfigException(
                    "location: \"" + location + "\" is not absolute; say where the archive shall be written");
        }
        if (!(container.state() instanceof ContainerState.Running)) {
            throw new PodException.WrongState("container " + container.id() + " ("
                    + container.config().getMetadata().getName() + ") is " + StateNames.of(container.state())
                    + ": there is nothing to checkpoint");
        }
        Path criu = programs.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new PodException.WrongState("checkpoints are made by CRIU, which is not installed on"
                        + " this node; install the package criu"));
        Optional<String> problem = problem(criu);
        throw new PodException.WrongState(
                problem.isPresent()
                        ? criu + " check says that CRIU does not work on this kernel: " + problem.get()
                                + "; install a version of the package criu that knows it"
                        : "this version of Fairlead writes no checkpoints yet, although " + criu
                                + " works on this kernel");
    }

    /** What CRIU itself finds missing; empty: it works here. */
    private static Optional<String> problem(Path criu) throws IOException {
        ShortProcess.Output output;
        try {
            output = ShortProcess.run(
                    criu.toString(),
                    List.of(criu.toString(), "check"),
                    ENVIRONMENT,
                    new byte[0],
                    MAX_OUTPUT,
                    CHECK_LIMIT);
        } catch (TimeoutException e) {
            return Optional.of("no answer within " + CHECK_LIMIT.toSeconds() + " s");
        }
        if (output.status() == 0) {
            return Optional.empty();
        }
        String said = (output.stdout() + '\n' + output.stderr())
                .lines()
                .filter(line -> line.contains("Error"))
                .findFirst()
                .orElse("exit status " + output.status());
        return Optional.of(said.strip());
    }
}
