package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.Optional;

/**
 * A process to run in a container that has a first one. Descriptors are borrowed for the call.
 *
 * @param program the file to execute; empty: what args[0] names, looked for in PATH where it has no slash
 * @param stdin /dev/null where it gets nothing. With a terminal all three are its peer
 * @param cgroup directory of a cgroup v2 of its own; empty: the container's
 */
public record ExecRequest(
        ProcessRequest process, Optional<String> program, Fd stdin, Fd stdout, Fd stderr, Optional<Fd> cgroup) {
    /** Of a program that args[0] names. */
    public ExecRequest(ProcessRequest process, Fd stdin, Fd stdout, Fd stderr, Optional<Fd> cgroup) {
        this(process, Optional.empty(), stdin, stdout, stderr, cgroup);
    }

    /** The same, in a cgroup of its own. */
    public ExecRequest in(Optional<Fd> directory) {
        return new ExecRequest(process, program, stdin, stdout, stderr, directory);
    }
}
