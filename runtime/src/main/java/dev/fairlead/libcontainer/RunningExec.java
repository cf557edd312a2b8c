package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.process.Exec;
import dev.fairlead.libcontainer.process.ExitStatus;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Pidfds;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A process that was started in a running container, with all that it starts itself. */
public final class RunningExec implements AutoCloseable {
    private static final int SIGKILL = 9;

    private final Exec exec;
    private final Cgroup cgroup;

    RunningExec(Exec exec, Cgroup cgroup) {
        this.exec = exec;
        this.cgroup = cgroup;
    }

    /** How it ended. Completed on the event loop: what depends on it must not block. */
    public CompletableFuture<ExitStatus> exit() {
        return exec.exit();
    }

    /** Ends it and every process that comes of it, those that made a session of their own or lost their parent too. */
    public void kill() throws IOException {
        cgroup.kill();
        try {
            Pidfds.signal(exec.pidfd(), SIGKILL);
        } catch (ErrnoException e) {
            // The first line may have sufficed, and the warden have reaped it already.
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }

    /** Waits until it has ended, at most {@code limit}; returns whether it has. */
    boolean awaitEnd(Duration limit) throws ErrnoException {
        return Pidfds.awaitEnd(exec.pidfd(), limit);
    }

    /** Lets go of it. Its cgroup goes too, where it is empty; a process that was left to run keeps it until the container ends. */
    @Override
    public void close() {
        exec.close();
        cgroup.removeIfEmpty();
    }
}
