package dev.fairlead.pod;

import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.RunningExec;
import dev.fairlead.libcontainer.Undo;
import dev.fairlead.libcontainer.process.ExitStatus;
import dev.fairlead.libcontainer.process.LauncherException;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pty;
import dev.fairlead.log.StreamName;
import dev.fairlead.streaming.CommandStreams;
import dev.fairlead.streaming.StreamRequest;
import dev.fairlead.streaming.StreamTargets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Where the streams of Exec, Attach and PortForward lead. */
public final class ContainerStreaming implements StreamTargets {
    private static final System.Logger LOG = System.getLogger(ContainerStreaming.class.getName());

    /** On loopback somebody answers at once, or nobody listens. */
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);

    private static final byte[] LOCALHOST_4 = {127, 0, 0, 1};
    private static final byte[] LOCALHOST_6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

    private final PodRegistry registry;
    private final ContainerLifecycle containers;
    private final SandboxLifecycle sandboxes;
    private final Fd devNull;

    /** {@code devNull}: open for reading and writing, borrowed. */
    public ContainerStreaming(
            PodRegistry registry, ContainerLifecycle containers, SandboxLifecycle sandboxes, Fd devNull) {
        this.registry = registry;
        this.containers = containers;
        this.sandboxes = sandboxes;
        this.devNull = devNull;
    }

    @Override
    public CommandStreams exec(StreamRequest.Exec request) throws IOException {
        PodContainer container = registry.container(request.containerId());
        Container running = containers.requireRunning(container).container();
        boolean terminal = request.streams().terminal();
        ProcessRequest process = containers.request(container, request.command(), terminal);
        Undo undo = new Undo();
        try {
            return terminal
                    ? execInTerminal(container, running, process, request.streams(), undo)
                    : execWithPipes(container, running, process, request.streams(), undo);
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
    }

    private static CommandStreams execInTerminal(
            PodContainer container, Container running, ProcessRequest process, StreamRequest.Streams streams, Undo undo)
            throws IOException {
        Pty pty = running.openTerminal();
        undo.push(pty::close);
        Pipes.setNonblocking(pty.master(), true);
        Optional<Fd> stdin = streams.stdin() ? Optional.of(pty.master().duplicate()) : Optional.empty();
        stdin.ifPresent(fd -> undo.push(fd::close));
        // A third one for the window size: the other two belong to those who read and write, and are closed by them.
        Pty window = Pty.ofMaster(pty.master().duplicate());
        undo.push(window::close);
        try (Fd peer = pty.openPeer()) {
            RunningExec exec = running.exec(process, peer, peer, peer, ExecNames.next());
            return command(
                    container,
                    process.process().args(),
                    exec,
                    stdin,
                    Optional.of(pty.master()),
                    Optional.empty(),
                    Optional.of(window));
        }
    }

    private CommandStreams execWithPipes(
            PodContainer container, Container running, ProcessRequest process, StreamRequest.Streams streams, Undo undo)
            throws IOException {
        Optional<Pipe> in = pipe("exec stdin", streams.stdin(), undo);
        Optional<Pipe> out = pipe("exec stdout", streams.stdout(), undo);
        Optional<Pipe> err = pipe("exec stderr", streams.stderr(), undo);
        if (in.isPresent()) {
            Pipes.setNonblocking(in.get().writeEnd(), true);
        }
        for (Pipe output : out.stream().toList()) {
            Pipes.setNonblocking(output.readEnd(), true);
        }
        for (Pipe output : err.stream().toList()) {
            Pipes.setNonblocking(output.readEnd(), true);
        }
        RunningExec exec = running.exec(
                process,
                in.map(Pipe::readEnd).orElse(devNull),
                out.map(Pipe::writeEnd).orElse(devNull),
                err.map(Pipe::writeEnd).orElse(devNull),
                ExecNames.next());
        in.ifPresent(pipe -> pipe.readEnd().close());
        out.ifPresent(pipe -> pipe.writeEnd().close());
        err.ifPresent(pipe -> pipe.writeEnd().close());
        return command(
                container,
                process.process().args(),
                exec,
                in.map(Pipe::writeEnd),
                out.map(Pipe::readEnd),
                err.map(Pipe::readEnd),
                Optional.empty());
    }

    private static Optional<Pipe> pipe(String name, boolean wanted, Undo undo) throws IOException {
        if (!wanted) {
            return Optional.empty();
        }
        Pipe pipe = Pipes.open(name, Set.of());
        undo.push(pipe::close);
        return Optional.of(pipe);
    }

    private static CommandStreams command(
            PodContainer container,
            List<String> command,
            RunningExec exec,
            Optional<Fd> stdin,
            Optional<Fd> stdout,
            Optional<Fd> stderr,
            Optional<Pty> terminal) {
        return new CommandStreams(
                stdin,
                stdout,
                stderr,
                terminal,
                exec.exit().handle((status, failure) -> exitCode(container, command, status, failure)),
                () -> {},
                () -> kill(container, exec),
                () -> {
                    terminal.ifPresent(Pty::close);
                    exec.close();
                });
    }

    private static Integer exitCode(
            PodContainer container, List<String> command, @Nullable ExitStatus status, @Nullable Throwable failure) {
        return switch (failure) {
            case null -> Objects.requireNonNull(status).asExitCode();
            case LauncherException e ->
                throw new CompletionException(e.of("command " + command + " in container "
                        + container.config().getMetadata().getName()));
            default -> throw new CompletionException(failure);
        };
    }

    private static void kill(PodContainer container, RunningExec exec) {
        try {
            exec.kill();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "container " + container.id() + ": a command whose client has gone could not be ended",
                    e);
        }
    }

    @Override
    public CommandStreams attach(StreamRequest.Attach request) throws IOException {
        PodContainer container = registry.container(request.containerId());
        ContainerHandle handle = containers.requireRunning(container);
        Undo undo = new Undo();
        try {
            return attach(container, handle, request.streams(), undo);
        } catch (IOException | RuntimeException e) {
            undo.run(e);
            throw e;
        }
    }

    private static CommandStreams attach(
            PodContainer container, ContainerHandle handle, StreamRequest.Streams streams, Undo undo)
            throws IOException {
        boolean terminal = container.config().getTty();
        CompletableFuture<Integer> exit = new CompletableFuture<>();
        Set<StreamName> outputs = EnumSet.noneOf(StreamName.class);
        if (streams.stdout()) {
            outputs.add(StreamName.STDOUT);
        }
        if (streams.stderr() && !terminal) {
            outputs.add(StreamName.STDERR);
        }
        AttachedOutput output = new AttachedOutput(
                outputs,
                () -> exit.completeExceptionally(new IOException("the output of container " + container.id()
                        + " came faster than it was taken; its log has all of it")));
        undo.push(output::close);
        Optional<Fd> stdout = output.readEnd(StreamName.STDOUT);
        Optional<Fd> stderr = output.readEnd(StreamName.STDERR);
        stdout.ifPresent(fd -> undo.push(fd::close));
        stderr.ifPresent(fd -> undo.push(fd::close));
        Optional<Fd> own = handle.container().streams().stdin();
        Optional<Fd> stdin = Optional.empty();
        if (streams.stdin() && own.isPresent()) {
            stdin = Optional.of(own.get().duplicate());
            Fd copy = stdin.get();
            undo.push(copy::close);
            Pipes.setNonblocking(copy, true);
        }
        Optional<Pty> window = terminal
                ? Optional.of(Pty.ofMaster(
                        handle.container().streams().stdout().source().duplicate()))
                : Optional.empty();
        window.ifPresent(pty -> undo.push(pty::close));
        handle.log().add(output);
        var _ = container.exit().whenComplete((_, _) -> exit.complete(0));
        boolean once = stdin.isPresent() && container.config().getStdinOnce();
        return new CommandStreams(
                stdin,
                stdout,
                stderr,
                window,
                exit,
                once ? () -> closeStdin(container, handle) : () -> {},
                () -> {},
                () -> {
                    handle.log().remove(output);
                    window.ifPresent(Pty::close);
                });
    }

    private static void closeStdin(PodContainer container, ContainerHandle handle) {
        try {
            handle.container().closeStdin();
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "container " + container.id() + ": its stdin could not be closed after the one attachment",
                    e);
        }
    }

    @Override
    public SocketChannel connect(String sandboxId, int port) throws IOException {
        PodSandbox sandbox = registry.sandbox(sandboxId);
        if (!sandbox.isReady()) {
            throw new PodException.WrongState("pod " + sandbox.displayName() + " is not ready: it has no network");
        }
        Optional<Path> namespace = sandboxes.networkNamespace(sandbox);
        try {
            return connect(namespace, StandardProtocolFamily.INET, LOCALHOST_4, port);
        } catch (IOException first) {
            try {
                return connect(namespace, StandardProtocolFamily.INET6, LOCALHOST_6, port);
            } catch (IOException second) {
                first.addSuppressed(second);
                throw new IOException(
                        "nobody listens on localhost:" + port + " in pod " + sandbox.displayName() + " ("
                                + first.getMessage() + ")",
                        first);
            }
        }
    }

    /** A socket stays in the network namespace in which it was made, whoever uses it. */
    private static SocketChannel connect(Optional<Path> namespace, ProtocolFamily family, byte[] address, int port)
            throws IOException {
        SocketChannel socket = namespace.isEmpty() ? SocketChannel.open(family) : openIn(namespace.get(), family);
        try {
            socket.socket().connect(new InetSocketAddress(InetAddress.getByAddress(address), port), (int)
                    CONNECT_LIMIT.toMillis());
            socket.configureBlocking(false);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static SocketChannel openIn(Path namespace, ProtocolFamily family) throws IOException {
        return JobThread.call("port-forward", () -> {
            try (Fd file = Openat.open(Fd.CWD, namespace.toString(), EnumSet.of(OpenFlag.RDONLY), 0)) {
                Namespaces.join(file, Kind.NETWORK);
            }
            return SocketChannel.open(family);
        });
    }
}
