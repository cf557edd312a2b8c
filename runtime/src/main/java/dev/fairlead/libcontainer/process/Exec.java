package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.concurrent.CompletableFuture;

/**
 * A process that was started in a running container.
 *
 * @param pid in the host's PID namespace
 * @param pidfd to signal it; owned: close it with this
 * @param exit how it ended; fails with {@link LauncherException} where it never executed its program, and with an IOException where the warden
 *     is gone. Completed on the event loop: what depends on it must not block
 */
public record Exec(int pid, Fd pidfd, CompletableFuture<ExitStatus> exit) implements AutoCloseable {
    @Override
    public void close() {
        pidfd.close();
    }
}
