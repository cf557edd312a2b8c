package dev.fairlead.libcontainer.process;

import dev.fairlead.libcontainer.process.Protocol.Message;
import dev.fairlead.libcontainer.process.Protocol.MessageType;
import dev.fairlead.libcontainer.process.Warden.State;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Registration;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Interest;
import dev.fairlead.linux.Readiness;
import dev.fairlead.linux.UnixSockets;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a warden says, as it arrives on the event loop: each kind of message completes a future. Failures of init fail all futures of its way that
 * are open; the end of the connection fails all that are open at all.
 */
final class Channel implements EventLoop.Handler, AutoCloseable {
    /** A turn of the loop is for everybody. */
    private static final int MESSAGES_A_TURN = 16;

    private final String container;
    /** What init is to execute, as messages have it behind the container; empty where an earlier daemon asked for it. */
    private final String program;

    private final Fd socket;
    private final EventLoop loop;
    private final Registration registration;

    private final CompletableFuture<Message> state = new CompletableFuture<>();
    private final CompletableFuture<Message> ready = new CompletableFuture<>();
    private final CompletableFuture<Message> created = new CompletableFuture<>();
    private final CompletableFuture<Message> started = new CompletableFuture<>();
    private final CompletableFuture<Message> exited = new CompletableFuture<>();
    /** Of the last release: what the warden says against it. */
    private volatile CompletableFuture<IOException> refusal = new CompletableFuture<>();

    private final CompletableFuture<IOException> gone = new CompletableFuture<>();

    private final AtomicInteger lastExec = new AtomicInteger();
    private final ConcurrentMap<Integer, PendingExec> execs = new ConcurrentHashMap<>();

    /** Written on the loop. */
    private volatile Optional<LaunchFailure> failure = Optional.empty();

    /** An exec that has been asked for. {@code started} holds its pidfd. */
    record PendingExec(
            int id, String program, CompletableFuture<Message> started, CompletableFuture<ExitStatus> exit) {}

    /** Takes over {@code socket}. */
    static Channel open(String container, String program, Fd socket, EventLoop loop) throws ErrnoException {
        Channel channel = new Channel(container, program, socket, loop);
        // Only now: what arrives may be handled before the constructor has ended.
        channel.registration.modify(EnumSet.of(Interest.READ));
        return channel;
    }

    private Channel(String container, String program, Fd socket, EventLoop loop) throws ErrnoException {
        this.container = container;
        this.program = program;
        this.socket = socket;
        this.loop = loop;
        registration = loop.register(socket, EnumSet.noneOf(Interest.class), this);
    }

    void send(MessageType type, List<Fd> descriptors) throws IOException {
        send(Message.order(type, 0, 0), descriptors);
    }

    private void send(byte[] order, List<Fd> descriptors) throws IOException {
        try {
            UnixSockets.send(socket, order, descriptors);
        } catch (ErrnoException | IllegalStateException e) { // the latter: our end was closed meanwhile
            throw new IOException("the warden of container " + container + " takes no orders any more", e);
        }
    }

    @SuppressWarnings("EnumOrdinal") // State is in the order of protocol.h
    PendingExec sendExec(String program, State when, List<Fd> descriptors) throws IOException {
        int id = lastExec.incrementAndGet();
        PendingExec exec = new PendingExec(id, program, new CompletableFuture<>(), new CompletableFuture<>());
        execs.put(id, exec);
        try {
            if (gone.isDone()) {
                throw gone.join();
            }
            send(Message.order(MessageType.EXEC, id, when.ordinal()), descriptors);
            return exec;
        } catch (IOException e) {
            execs.remove(id);
            throw e;
        }
    }

    @Override
    public void ready(Registration itself, Set<Readiness> readiness) {
        try {
            for (int i = 0; i < MESSAGES_A_TURN; i++) {
                Optional<UnixSockets.Packet> packet =
                        UnixSockets.receive(socket, Protocol.MESSAGE_SIZE, Protocol.MAX_DESCRIPTORS);
                if (packet.isEmpty()) {
                    return;
                }
                if (!packet.get().bytes().hasRemaining()) {
                    end(new IOException("the warden of container " + container + " is gone"));
                    return;
                }
                take(Message.parse(packet.get().bytes(), packet.get().descriptors()));
            }
        } catch (ErrnoException e) {
            end(new IOException("the connection to the warden of container " + container + " broke", e));
        }
    }

    @Override
    public void failed(Throwable bug) {
        end(new IOException("the connection to the warden of container " + container + " was given up", bug));
    }

    private void end(IOException why) {
        registration.close();
        gone.complete(why);
        for (CompletableFuture<Message> future : List.of(state, ready, created, started, exited)) {
            future.completeExceptionally(why);
        }
        for (PendingExec exec : execs.values()) {
            exec.started.completeExceptionally(why);
            exec.exit.completeExceptionally(why);
        }
        execs.clear();
    }

    private void take(Message message) {
        switch (message.type()) {
            case STATE -> complete(state, message);
            case READY -> complete(ready, message);
            case CREATED -> complete(created, message);
            case STARTED -> complete(started, message);
            case FAILED -> {
                if (message.id() == 0) {
                    initFailed(message.failure());
                } else {
                    execFailed(message);
                }
            }
            case EXITED -> {
                if (message.id() == 0) {
                    initExited(message);
                } else {
                    PendingExec exec = execs.remove(message.id());
                    if (exec != null) {
                        exec.exit.complete(ExitStatus.ofWait(message.status()));
                    }
                }
            }
            case EXEC_STARTED -> {
                PendingExec exec = execs.get(message.id());
                if (exec == null) {
                    message.descriptors().forEach(Fd::close);
                } else {
                    complete(exec.started, message);
                }
            }
            case REFUSED -> refused(message);
            case ENTER_ROOT, START, EXEC, CLOSE_STDIN, RELEASE ->
                throw new IllegalArgumentException("a warden that gives orders: " + message.type());
        }
    }

    /** Where nobody waits any more, the descriptors that came along are nobody's. */
    private static void complete(CompletableFuture<Message> future, Message message) {
        if (!future.complete(message)) {
            message.descriptors().forEach(Fd::close);
        }
    }

    private void initFailed(LaunchFailure why) {
        failure = Optional.of(why);
        LauncherException exception = new LauncherException(why, "container " + container + program);
        for (CompletableFuture<Message> future : List.of(ready, created, started)) {
            future.completeExceptionally(exception);
        }
    }

    private void initExited(Message message) {
        conclude();
        complete(exited, message);
    }

    /** Init has ended: what it has not reached it never will. */
    void conclude() {
        IOException ended = new IOException("the first process of container " + container + " has ended");
        for (CompletableFuture<Message> future : List.of(ready, created, started)) {
            future.completeExceptionally(ended);
        }
    }

    private void execFailed(Message message) {
        PendingExec exec = execs.remove(message.id());
        if (exec != null) {
            LauncherException exception =
                    new LauncherException(message.failure(), "container " + container + exec.program);
            exec.started.completeExceptionally(exception);
            exec.exit.completeExceptionally(exception);
        }
    }

    private void refused(Message message) {
        IOException why = message.detail() == 0
                ? new IOException("the warden of container " + container + " is connected to another daemon that lives")
                : new IOException(
                        "the warden of container " + container + " refuses " + MessageType.of(message.detail()),
                        new ErrnoException("order", Errno.of(message.error())));
        for (CompletableFuture<Message> future : List.of(state, created, started)) {
            future.completeExceptionally(why);
        }
        refusal.complete(why);
    }

    /** Asks the warden to end: completed when it is gone, or with its refusal. */
    CompletableFuture<Void> release() throws IOException {
        CompletableFuture<Void> released = new CompletableFuture<>();
        refusal = new CompletableFuture<>();
        var _ = refusal.thenAccept(released::completeExceptionally);
        var _ = gone.thenAccept(_ -> released.complete(null));
        send(MessageType.RELEASE, List.of());
        return released;
    }

    CompletableFuture<Message> state() {
        return state;
    }

    CompletableFuture<Message> ready() {
        return ready;
    }

    CompletableFuture<Message> created() {
        return created;
    }

    CompletableFuture<Message> started() {
        return started;
    }

    CompletableFuture<Message> exited() {
        return exited;
    }

    CompletableFuture<IOException> gone() {
        return gone;
    }

    Optional<LaunchFailure> failure() {
        return failure;
    }

    /** Drops the connection; the warden kills the execs that it was asked for over this. */
    @Override
    public void close() {
        CompletableFuture<Void> closed = CompletableFuture.runAsync(this::drop, this::onLoop);
        if (!loop.isLoopThread()) {
            closed.join();
        }
    }

    private void drop() {
        end(new IOException("the connection to the warden of container " + container + " was closed"));
        socket.close();
    }

    /** On the loop's thread, where the handler cannot be at work: it would find the descriptor closed, or another one in its place. */
    private void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }
}
