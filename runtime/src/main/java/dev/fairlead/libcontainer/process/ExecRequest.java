package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.Optional;

/**
 * A process to run in a container that runs. Descriptors are borrowed for the call.
 *
 * @param stdin /dev/null where it gets nothing. With a terminal all three are its peer
 * @param cgroup directory of a cgroup v2 of its own; empty: the container's
 */
public record ExecRequest(ProcessRequest process, Fd stdin, Fd stdout, Fd stderr, Optional<Fd> cgroup) {}
