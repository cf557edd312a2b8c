package dev.fairlead.streaming;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Timer;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pty.WindowSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Joins a wire with the process behind it, from the process' start to the last byte. Made before the process is, as the wire may speak at once; what
 * it says until then is kept.
 */
final class CommandSession implements Wire.Listener {
    private static final System.Logger LOG = System.getLogger(CommandSession.class.getName());

    /** A process that the command left behind may hold its output open for ever. */
    private static final Duration AFTER_EXIT = Duration.ofSeconds(2);

    private final EventLoop loop;
    private final Wire wire;
    private final List<OutputPump> outputs = new ArrayList<>();

    // Guarded by this.
    private @Nullable CommandStreams command;
    private @Nullable InputPump input;
    private @Nullable WindowSize size;
    private final List<byte[]> early = new ArrayList<>();
    private boolean inputEnded;
    private boolean closed;

    CommandSession(EventLoop loop, Wire wire) {
        this.loop = loop;
        this.wire = wire;
    }

    /** Takes the process over. Where the client has gone meanwhile, it is ended. */
    void begin(CommandStreams started) {
        synchronized (this) {
            command = started;
            if (closed) {
                abandon(started);
                return;
            }
            try {
                connect(started);
            } catch (ErrnoException e) {
                LOG.log(System.Logger.Level.ERROR, "a process' streams cannot be watched", e);
                abandon(started);
                closed = true;
                wire.finish(new CommandEnd.Failed(String.valueOf(e.getMessage())));
                return;
            }
        }
        var _ = started.exit().whenComplete((code, failure) -> ended(code, failure));
    }

    private void connect(CommandStreams started) throws ErrnoException {
        if (started.stdout().isPresent()) {
            outputs.add(new OutputPump(loop, started.stdout().get(), StreamName.STDOUT, wire));
        }
        if (started.stderr().isPresent()) {
            outputs.add(new OutputPump(loop, started.stderr().get(), StreamName.STDERR, wire));
        }
        Optional<Fd> stdin = started.stdin();
        if (stdin.isPresent()) {
            InputPump pump = new InputPump(loop, stdin.get(), wire, started.inputDone());
            input = pump;
            early.forEach(pump::add);
            if (inputEnded) {
                pump.end();
            }
        }
        early.clear();
        wire.pauseInput(false);
        if (size != null) {
            resize(started, size);
        }
    }

    /** Says that the process could not be started. */
    void failed(String message) {
        synchronized (this) {
            closed = true;
        }
        wire.finish(new CommandEnd.Failed(message));
    }

    private void ended(@Nullable Integer code, @Nullable Throwable failure) {
        CommandEnd end;
        if (failure != null) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            end = new CommandEnd.Failed(String.valueOf(cause.getMessage()));
        } else {
            end = code == null || code == 0 ? new CommandEnd.Succeeded() : new CommandEnd.Exited(code);
        }
        CompletableFuture<Void> drained =
                CompletableFuture.allOf(outputs.stream().map(OutputPump::ended).toArray(CompletableFuture<?>[]::new));
        try {
            Timer timer = loop.schedule(AFTER_EXIT, () -> close(end));
            var _ = drained.whenComplete((_, _) -> {
                timer.cancel();
                close(end);
            });
        } catch (RejectedExecutionException e) {
            LOG.log(System.Logger.Level.DEBUG, "the daemon ends before a stream does", e);
        }
    }

    private void close(CommandEnd end) {
        if (release()) {
            wire.finish(end);
        }
    }

    /** Returns whether there was something to let go of. */
    private boolean release() {
        CommandStreams held;
        synchronized (this) {
            if (closed) {
                return false;
            }
            closed = true;
            held = command;
        }
        outputs.forEach(OutputPump::close);
        if (input != null) {
            input.close();
        }
        if (held != null) {
            held.release().run();
        }
        return true;
    }

    private static void abandon(CommandStreams started) {
        started.stdin().ifPresent(Fd::close);
        started.stdout().ifPresent(Fd::close);
        started.stderr().ifPresent(Fd::close);
        started.abandon().run();
        started.release().run();
    }

    @Override
    public synchronized void input(byte[] data) {
        if (input != null) {
            input.add(data);
        } else if (command == null && !closed) {
            // Before the process is there. More than one piece can only come while the pause is on its way.
            early.add(data);
            wire.pauseInput(true);
        }
    }

    @Override
    public synchronized void inputEnded() {
        inputEnded = true;
        if (input != null) {
            input.end();
        }
    }

    @Override
    public synchronized void resized(WindowSize wanted) {
        size = wanted;
        if (command != null && !closed) {
            resize(command, wanted);
        }
    }

    private static void resize(CommandStreams command, WindowSize size) {
        if (command.terminal().isPresent()) {
            try {
                command.terminal().get().resize(size);
            } catch (ErrnoException | IllegalStateException e) {
                LOG.log(System.Logger.Level.DEBUG, "a terminal that has just gone", e);
            }
        }
    }

    @Override
    public void gone() {
        CommandStreams held;
        synchronized (this) {
            held = closed ? null : command;
        }
        if (held != null) {
            held.abandon().run();
        }
        release();
    }
}
