package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Memfd;
import dev.fairlead.linux.Memfd.Seal;
import dev.fairlead.linux.Spawn;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;

/**
 * The launcher program, in a sealed memfd: what a container can see of it, as /proc/PID/exe of a process that is just joining it, cannot be
 * written to (CVE-2019-5736). One for a daemon.
 */
public final class Launcher implements AutoCloseable {
    /** Made by the build from {@code src/main/c}, for the machine that it runs on. */
    public static final String RESOURCE = "dev/fairlead/launcher";

    private final Fd program;

    private Launcher(Fd program) {
        this.program = program;
    }

    /** Takes the program out of our own resources. */
    public static Launcher load() throws IOException {
        try (InputStream in = Launcher.class.getResourceAsStream("/" + RESOURCE)) {
            if (in == null) {
                throw new IOException("resource " + RESOURCE + " is missing: this build of Fairlead has no launcher");
            }
            return of(in.readAllBytes());
        }
    }

    /** Takes another build of the program, such as one with sanitizers. */
    static Launcher of(byte[] program) throws IOException {
        return new Launcher(Memfd.of("fairlead-launcher", program, EnumSet.allOf(Seal.class)));
    }

    /**
     * Starts the program.
     * @param arguments its name, as ps(1) shows it, and of a container's warden the container's id
     * @param descriptors as {@link Spawn#spawn} takes them
     * @return the pid of our child
     */
    public int start(List<String> arguments, Map<Integer, Fd> descriptors) throws ErrnoException {
        return Spawn.spawn(program, arguments, descriptors);
    }

    @Override
    public void close() {
        program.close();
    }
}
