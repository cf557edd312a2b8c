package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.process.ContainerStdio;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pty;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * Stdio of a container that is about to be made: its own ends, to be closed here once the warden has them, and the daemon's.
 *
 * @param stdin the container's; /dev/null, borrowed, where it reads nothing
 * @param terminal whether all three are a pseudo-terminal's peer
 */
record Stdio(Fd stdin, Fd stdout, Fd stderr, ContainerStreams streams, boolean terminal) {
    static Stdio open(boolean terminal, boolean withStdin, Fd devNull) throws IOException {
        Undo undo = new Undo();
        try {
            return terminal ? terminal(withStdin, undo) : pipes(withStdin, devNull, undo);
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
    }

    private static Stdio pipes(boolean withStdin, Fd devNull, Undo undo) throws IOException {
        Pipe out = open("stdout", undo);
        ContainerStreams.Output stdout = ContainerStreams.output(out.readEnd(), "stdout");
        undo.push(stdout::close);
        Pipe err = open("stderr", undo);
        ContainerStreams.Output stderr = ContainerStreams.output(err.readEnd(), "stderr");
        undo.push(stderr::close);
        Fd stdin = devNull;
        Optional<Fd> stdinWriter = Optional.empty();
        if (withStdin) {
            Pipe in = open("stdin", undo);
            stdin = in.readEnd();
            stdinWriter = Optional.of(in.writeEnd());
        }
        return new Stdio(
                stdin,
                out.writeEnd(),
                err.writeEnd(),
                new ContainerStreams(stdinWriter, stdout, Optional.of(stderr)),
                false);
    }

    private static Stdio terminal(boolean withStdin, Undo undo) throws IOException {
        Pty pty = Pty.open();
        undo.push(pty::close);
        ContainerStreams.Output stdout = ContainerStreams.output(pty.master(), "terminal");
        Fd peer = pty.openPeer();
        return new Stdio(
                peer,
                peer,
                peer,
                new ContainerStreams(
                        withStdin ? Optional.of(pty.master()) : Optional.empty(), stdout, Optional.empty()),
                true);
    }

    private static Pipe open(String name, Undo undo) throws IOException {
        Pipe pipe = Pipes.open(name, Set.of());
        undo.push(pipe::close);
        return pipe;
    }

    /** The pseudo-terminal's peer, for /dev/console; borrowed. */
    Optional<Fd> terminalPeer() {
        return terminal ? Optional.of(stdin) : Optional.empty();
    }

    /** As the launcher takes them. */
    ContainerStdio forInit() {
        return new ContainerStdio(stdin, stdout, stderr, streams.kept(terminal));
    }

    /** Closes the container's ends: while one is open here, nobody reads the end of the output. */
    void closeContainerEnds(Fd devNull) {
        if (stdin != devNull) {
            stdin.close();
        }
        stdout.close();
        stderr.close();
    }
}
