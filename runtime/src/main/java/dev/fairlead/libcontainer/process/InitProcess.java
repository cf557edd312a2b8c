package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.Optional;

/**
 * A container's first process.
 *
 * @param pidfd owned by the {@link Warden} that gave it
 * @param procMount a detached mount of its PID namespace's procfs where the request asked for one; owned by the caller
 */
public record InitProcess(ProcessId id, Fd pidfd, Optional<Fd> procMount) {}
