package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.io.IOException;

/**
 * The launcher program, in a sealed memfd: what a container can see of it, as /proc/PID/exe of a process that is just joining it, cannot be
 * written to (CVE-2019-5736). One for a daemon.
 */
public final class Launcher implements AutoCloseable {
    private final Fd program;

    private Launcher(Fd program) {
        this.program = program;
    }

    /** Takes the program out of our own resources. */
    public static Launcher load() throws IOException {
        throw new IllegalStateException("not there yet");
    }

    /** The memfd, to execute; borrowed. */
    Fd program() {
        return program;
    }

    @Override
    public void close() {
        program.close();
    }
}
