package dev.fairlead.libcontainer.process;

import dev.fairlead.libcontainer.process.Channel.PendingExec;
import dev.fairlead.libcontainer.process.Protocol.Message;
import dev.fairlead.libcontainer.process.Protocol.MessageType;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pidfds;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import dev.fairlead.linux.Pipes.PipeFlag;
import dev.fairlead.linux.UnixSockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A daemon's connection to the warden of one container: the process outside the container that is parent of its init and keeps what must
 * outlive the daemon. Any thread but the event loop's may call; waits are bounded by {@code limit}. Closing this leaves the container alone.
 */
public final class Warden implements AutoCloseable {
    /** Its name in the container's directory. */
    public static final String SOCKET = "warden.sock";

    private static final int SIGKILL = 9;

    private final String container;
    private final EventLoop loop;
    private final ProcessId id;
    private final Fd pidfd;
    private final Channel channel;

    /** Known from READY on; of a warden we connected to, from the beginning where init lives. */
    private volatile Optional<InitProcess> init = Optional.empty();

    private final CompletableFuture<ExitRecord> exit;

    /** Init has executed its program, or is there again. */
    private final CompletableFuture<Void> running;

    /** Held while init is signalled: whoever stops a container may meet the one who puts it away. */
    private final Object closing = new Object();

    private boolean closed;

    /** How far the container is; in the order of protocol.h. */
    public enum State {
        /** Init is on its way into its namespaces. */
        STARTING,
        /** Init waits for its root. */
        READY,
        /** Init is in its root, and waits to be launched. */
        CREATED,
        /** Init is told to execute its program. */
        LAUNCHING,
        /** Init has executed its program. */
        RUNNING,
        /** Init has ended, or never came to be. */
        ENDED
    }

    private Warden(String container, EventLoop loop, ProcessId id, Fd pidfd, Channel channel) {
        this.container = container;
        this.loop = loop;
        this.id = id;
        this.pidfd = pidfd;
        this.channel = channel;
        exit = channel.exited().thenApply(Message::exit);
        running = channel.started().thenAccept(this::started);
    }

    /**
     * Starts a warden, which clones init at once. Follow with {@link #awaitInit}; where that fails, with {@link #abort}.
     * @param id the container's, for messages and ps(1)
     * @param directory the container's: it gets {@link #SOCKET} and in the end {@link ExitRecord#FILE}
     * @throws IllegalArgumentException the request has a value that no kernel takes; the message names its field
     */
    public static Warden start(Launcher launcher, EventLoop loop, String id, Path directory, InitRequest request)
            throws IOException {
        try (Fd dir = openDirectory(directory);
                Fd devNull = Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.RDWR), 0);
                Fd listener = UnixSockets.listen(dir, SOCKET)) {
            UnixSockets.Pair pair = UnixSockets.pair("warden of " + id);
            try (Fd theirs = pair.second();
                    UnixSockets.Pair sync = UnixSockets.pair("init of " + id);
                    Pipe reports = Pipes.open("reports of " + id, EnumSet.of(PipeFlag.NONBLOCK))) {
                Map<Integer, Fd> descriptors = descriptors(request);
                // Not the daemon's own: the warden reads and writes none of the three.
                descriptors.putAll(Map.of(0, devNull, 1, devNull, 2, devNull));
                descriptors.put(Protocol.CHANNEL, theirs);
                descriptors.put(Protocol.LISTENER, listener);
                descriptors.put(Protocol.DIRECTORY, dir);
                descriptors.put(Protocol.SYNC, sync.first());
                descriptors.put(Protocol.SYNC_CHILD, sync.second());
                descriptors.put(Protocol.REPORTS, reports.readEnd());
                descriptors.put(Protocol.REPORT_WRITE, reports.writeEnd());
                Set<Integer> numbers = Set.copyOf(descriptors.keySet());
                try (Fd memfd = RequestWriter.ofInit(request, numbers)) {
                    descriptors.put(Protocol.REQUEST, memfd);
                    int pid = launcher.start(List.of("fairlead-warden", id), descriptors);
                    // Our child, and not waited for: the pid is its own until we reap it.
                    return open(
                            id,
                            request.process()
                                    .map(process -> ", " + describe(process))
                                    .orElse(""),
                            loop,
                            pid,
                            pair.first());
                }
            } catch (IOException | RuntimeException e) {
                pair.first().close();
                throw e;
            }
        }
    }

    private static Map<Integer, Fd> descriptors(InitRequest request) {
        Map<Integer, Fd> descriptors = new HashMap<>();
        descriptors.put(Protocol.STDIN, request.stdio().stdin());
        descriptors.put(Protocol.STDOUT, request.stdio().stdout());
        descriptors.put(Protocol.STDERR, request.stdio().stderr());
        request.stdio().kept().forEach((kept, fd) -> descriptors.put(kept.number(), fd));
        request.cgroups().unified().ifPresent(fd -> descriptors.put(Protocol.CGROUP2, fd));
        for (Fd tasks : request.cgroups().tasks()) {
            descriptors.put(Protocol.TASKS + request.cgroups().tasks().indexOf(tasks), tasks);
        }
        request.joined()
                .forEach((kind, fd) -> descriptors.put(Protocol.JOINED + Protocol.JOIN_ORDER.indexOf(kind), fd));
        request.mountsOf()
                .ifPresent(fd -> descriptors.put(Protocol.JOINED + Protocol.JOIN_ORDER.indexOf(Kind.MOUNT), fd));
        return descriptors;
    }

    private static Warden open(String container, String program, EventLoop loop, int pid, Fd socket)
            throws IOException {
        Fd pidfd = Pidfds.open(pid);
        try {
            ProcessId id = ProcessId.of(pid)
                    .orElseThrow(() ->
                            new IOException("the warden of container " + container + " (process " + pid + ") is gone"));
            return new Warden(container, loop, id, pidfd, Channel.open(container, program, socket, loop));
        } catch (IOException e) {
            pidfd.close();
            throw e;
        }
    }

    private static String describe(ProcessRequest request) {
        return "\"" + request.process().args().getFirst() + "\" in "
                + request.process().cwd();
    }

    private static Fd openDirectory(Path directory) throws ErrnoException {
        return Openat.open(Fd.CWD, directory.toString(), EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY), 0);
    }

    /**
     * Connects to a warden that an earlier daemon started.
     * @param expected the warden as {@link #id} gave it then
     * @throws IOException it is not there any more, another process has its place, or another daemon is connected
     */
    public static Warden connect(EventLoop loop, String id, Path directory, ProcessId expected, Duration limit)
            throws IOException {
        if (!expected.exists()) {
            throw new IOException("the warden of container " + id + " (process " + expected.pid() + ") is gone");
        }
        Warden warden;
        try (Fd dir = openDirectory(directory)) {
            Fd socket = UnixSockets.connect(dir, SOCKET);
            try {
                warden = open(id, "", loop, expected.pid(), socket);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        }
        try {
            if (!warden.id.equals(expected)) {
                throw new IOException(
                        "process " + expected.pid() + " is not the warden of container " + id + " any more");
            }
            warden.adopt(warden.await(warden.channel.state(), limit, "to tell its state"));
            return warden;
        } catch (IOException e) {
            warden.close();
            throw e;
        }
    }

    /**
     * Undoes a container that nobody remembers: kills its init, waits for its end, and lets its warden go. For a daemon that finds the
     * directory of a container whose creation was cut off.
     * @return whether there was a warden
     */
    public static boolean abortForgotten(EventLoop loop, String id, Path directory, Duration limit) throws IOException {
        Fd socket;
        try (Fd dir = openDirectory(directory)) {
            socket = UnixSockets.connect(dir, SOCKET);
        } catch (ErrnoException e) {
            // No socket, or one that nobody listens on: no warden came to be, or it has ended.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ECONNREFUSED) {
                return false;
            }
            throw e;
        }
        try (Channel channel = Channel.open(id, "", socket, loop)) {
            Message state = join(channel.state(), limit);
            try (Fd warden = Pidfds.open(state.id())) {
                if (State.values()[state.state()] != State.ENDED) {
                    for (Fd init : state.descriptors()) {
                        Pidfds.signal(init, SIGKILL);
                        init.close();
                    }
                    join(channel.exited(), limit);
                }
                channel.send(MessageType.RELEASE, List.of());
                join(channel.gone(), limit);
                // It is our child where it was this daemon that let go of it.
                reap(warden, limit);
            }
            return true;
        } catch (CompletionException e) {
            throw new IOException(
                    "the warden of the forgotten container " + id + " does not answer: " + e.getCause(), e);
        }
    }

    private static <T> T join(CompletableFuture<T> future, Duration limit) {
        return future.copy().orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS).join();
    }

    private static void reap(Fd pidfd, Duration limit) throws ErrnoException {
        if (Pidfds.awaitEnd(pidfd, limit)) {
            Pidfds.reap(pidfd);
        }
    }

    /** Learns from STATE what the messages to the daemon before us said. */
    private void adopt(Message message) throws IOException {
        State reached = State.values()[message.state()];
        if (message.pid() != 0) {
            init = initOf(message); // empty where it has ended since: then EXITED is on its way
        }
        if (reached.compareTo(State.CREATED) >= 0) {
            channel.created().complete(message);
        }
        if (reached == State.RUNNING) {
            channel.started().complete(message);
        }
        if (reached == State.ENDED) {
            channel.conclude();
            exit.complete(message.exit());
        }
    }

    private Optional<InitProcess> initOf(Message message) throws IOException {
        Optional<ProcessId> process = ProcessId.of(message.pid());
        if (process.isEmpty()) {
            message.descriptors().forEach(Fd::close);
        }
        return process.map(found -> new InitProcess(
                found,
                message.descriptors().getFirst(),
                message.descriptors().stream().skip(1).findFirst()));
    }

    /** The warden's process, to be remembered for {@link #connect}. */
    public ProcessId id() {
        return id;
    }

    /** How far the container is, as last heard. */
    public State state() {
        if (exit.isDone()) {
            return State.ENDED;
        }
        if (succeeded(channel.started())) {
            return State.RUNNING;
        }
        if (succeeded(channel.created())) {
            return State.CREATED;
        }
        return init.isPresent() || succeeded(channel.ready()) ? State.READY : State.STARTING;
    }

    private static boolean succeeded(CompletableFuture<?> future) {
        return future.state() == CompletableFuture.State.SUCCESS;
    }

    /** The container's first process; empty until {@link #awaitInit}, and of a warden we connected to after its end. */
    public Optional<InitProcess> init() {
        return init;
    }

    /**
     * Waits until init is there, in its namespaces: then its root can be built.
     * @throws LauncherException init could not be made
     */
    public InitProcess awaitInit(Duration limit) throws IOException {
        if (init.isEmpty()) {
            init = initOf(await(channel.ready(), limit, "to make the container's first process"));
        }
        return init.orElseThrow(
                () -> new IOException("the first process of container " + container + " has ended already"));
    }

    /**
     * Gives init its root and waits until it is in it (OCI: created).
     * @param root borrowed; a mount in init's mount namespace
     */
    public void enterRoot(Fd root, Duration limit) throws IOException {
        channel.send(MessageType.ENTER_ROOT, List.of(root));
        await(channel.created(), limit, "to enter the root");
    }

    /**
     * Lets init execute its program, and waits until it has (OCI: running).
     * @throws LauncherException it could not: see {@link LaunchFailure#commandNotFound} and its like. Init ends then
     */
    public void launch(Duration limit) throws IOException {
        channel.send(MessageType.START, List.of());
        await(running, limit, "to execute the program");
    }

    /** Of a restored container: its first process is another one than that which waited for its launch. */
    private void started(Message message) {
        if (message.type() != MessageType.STARTED || message.descriptors().isEmpty()) {
            return;
        }
        synchronized (closing) {
            try {
                Optional<InitProcess> restored = closed ? Optional.empty() : initOf(message);
                if (restored.isPresent()) {
                    init.ifPresent(before -> before.pidfd().close());
                    init = restored;
                } else {
                    message.descriptors().forEach(Fd::close);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Starts a process in the running container; returns as soon as it has a pid.
     * @throws LauncherException it was not accepted, or not cloned; what fails later is told by {@link Exec#exit}
     */
    public Exec exec(ExecRequest request, Duration limit) throws IOException {
        return exec(request, State.RUNNING, limit);
    }

    /**
     * Starts a process in a container that is in state {@code when}: READY, in init's namespaces while the root is the host's still; CREATED, in
     * its root; or RUNNING.
     * @throws LauncherException as the other
     */
    public Exec exec(ExecRequest request, State when, Duration limit) throws IOException {
        PendingExec pending;
        try (Fd memfd = RequestWriter.ofExec(request.process(), request.program())) {
            List<Fd> descriptors = Stream.concat(
                            Stream.of(memfd, request.stdin(), request.stdout(), request.stderr()),
                            request.cgroup().stream())
                    .toList();
            pending = channel.sendExec(", exec of " + describe(request.process()), when, descriptors);
        }
        try {
            Message started = await(pending.started(), limit, "to start an exec");
            return new Exec(started.pid(), started.descriptors().getFirst(), pending.exit());
        } catch (IOException e) {
            var _ = pending.started().thenAccept(late -> late.descriptors().forEach(Fd::close));
            throw e;
        }
    }

    /**
     * How init ended. Completed on the event loop: what depends on it must not block. Fails with an IOException where the warden is gone; its record
     * may then be in the container's directory: {@link ExitRecord#read}.
     */
    public CompletableFuture<ExitRecord> exit() {
        return exit.copy();
    }

    /**
     * A copy of a descriptor that the warden keeps; owned by the caller.
     * @throws ErrnoException EBADF: it does not keep this one
     */
    public Fd fetch(KeptDescriptor descriptor) throws IOException {
        return Pidfds.get(pidfd, descriptor.number(), descriptor + " of container " + container);
    }

    /** Closes the warden's copy of stdin's write end: the container reads the end once ours is closed too. */
    public void closeStdin() throws IOException {
        channel.send(MessageType.CLOSE_STDIN, List.of());
    }

    /**
     * Lets the warden end, with all it keeps. Init must have ended.
     * @throws IOException EBUSY: init lives
     */
    public void release(Duration limit) throws IOException {
        await(channel.release(), limit, "to end");
        reap(pidfd, limit);
    }

    /** Undoes whatever there is of a container: kills init, waits for its end, and releases the warden. */
    public void abort(Duration limit) throws IOException {
        try {
            // It may still be on its way: what is not there cannot be killed.
            awaitInit(limit);
        } catch (IOException e) {
            // Then there is none, and its end is recorded.
        }
        signal(SIGKILL);
        try {
            await(exit, limit, "to see the end of the container's first process");
        } catch (IOException e) {
            if (!channel.gone().isDone()) {
                throw e;
            }
        }
        if (channel.gone().isDone()) {
            reap(pidfd, limit);
        } else {
            release(limit);
        }
    }

    /**
     * Signals init; nothing happens where it has ended.
     * @param signal its number in signal(7)
     */
    public void signal(int signal) throws ErrnoException {
        synchronized (closing) {
            if (!closed) {
                signalInit(signal);
            }
        }
    }

    private void signalInit(int signal) throws ErrnoException {
        if (init.isEmpty()) {
            return;
        }
        try {
            Pidfds.signal(init.get().pidfd(), signal);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ESRCH) {
                throw e;
            }
        }
    }

    private <T> T await(CompletableFuture<T> future, Duration limit, String what) throws IOException {
        if (loop.isLoopThread()) {
            throw new IllegalStateException("waiting for a warden on the event loop, which is what it would wait for");
        }
        try {
            return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "the warden of container " + container + " took longer than " + limit + " " + what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the warden of container " + container + " " + what, e);
        } catch (ExecutionException e) {
            throw thrown(e.getCause());
        }
    }

    private static IOException thrown(@Nullable Throwable cause) {
        // Thrown on the loop's thread: the trace of ours tells more, the original stays as its cause.
        return cause instanceof LauncherException launcher
                ? launcher.again()
                : new IOException(cause == null ? "no cause is known" : cause.getMessage(), cause);
    }

    /** Drops the connection; a second call does nothing. */
    @Override
    public void close() {
        synchronized (closing) {
            if (closed) {
                return;
            }
            closed = true;
            channel.close();
            init.ifPresent(process -> process.pidfd().close());
            try (pidfd) {
                Pidfds.reap(pidfd); // of one that was killed; of one that lives there is nothing to take
            } catch (ErrnoException e) {
                throw new IllegalStateException("waiting for our own child", e);
            }
        }
    }
}
