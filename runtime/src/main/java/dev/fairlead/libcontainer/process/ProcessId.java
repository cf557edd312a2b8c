package dev.fairlead.libcontainer.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process for good: pids are given again, but not with the same start time.
 *
 * @param pid in our PID namespace
 * @param startTicks field 22 of /proc/PID/stat, clock ticks since boot: comparable until the machine reboots
 */
public record ProcessId(int pid, long startTicks) {
    private static final int FIELDS_FROM_STATE_TO_START = 19;

    /** The process that has this pid now; empty where there is none. A zombie is one. */
    public static Optional<ProcessId> of(int pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name in parentheses may itself have blanks and parentheses: the last one ends it.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Optional.of(new ProcessId(pid, Long.parseLong(fields[FIELDS_FROM_STATE_TO_START])));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // ESRCH: it ended between open and read.
            if (Files.exists(Path.of("/proc/" + pid))) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** Whether it still exists, be it as a zombie. */
    public boolean exists() throws IOException {
        return of(pid).filter(this::equals).isPresent();
    }
}
