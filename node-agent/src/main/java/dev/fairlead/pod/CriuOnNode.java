package dev.fairlead.pod;

import dev.fairlead.libcontainer.criu.Criu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** CRIU as this node has it. It judges the kernel itself, at each use: either may be replaced while the daemon runs. */
public final class CriuOnNode {
    private final Optional<Path> named;

    /** {@code named} by the operator; empty: the first in PATH or where it usually is. */
    public CriuOnNode(Optional<Path> named) {
        this.named = named;
    }

    /** @throws PodException.WrongState it is not installed, or does not work on this kernel; says what to do */
    Criu require() throws IOException {
        Criu criu = find();
        Optional<String> problem = criu.problem();
        if (problem.isPresent()) {
            throw new PodException.WrongState(criu.program() + " check says that CRIU does not work on this kernel: "
                    + problem.get() + "; install a version of the package criu that knows it");
        }
        return criu;
    }

    private Criu find() throws PodException.WrongState {
        if (named.isPresent()) {
            if (!Files.isExecutable(named.get())) {
                throw new PodException.WrongState("checkpoints are made by CRIU, and " + named.get()
                        + ", which --criu names, is no executable file; name another, or install the package criu");
            }
            return new Criu(named.get());
        }
        return Criu.find(Objects.requireNonNullElse(System.getenv("PATH"), ""))
                .orElseThrow(() -> new PodException.WrongState("checkpoints are made by CRIU, which is not installed on"
                        + " this node; install the package criu"));
    }
}
