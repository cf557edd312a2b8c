package dev.fairlead.pod;

import dev.fairlead.libcontainer.Container;
import dev.fairlead.libcontainer.RunningExec;
import dev.fairlead.libcontainer.process.ExitStatus;
import dev.fairlead.libcontainer.process.LauncherException;
import dev.fairlead.libcontainer.process.ProcessRequest;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Pipes.Pipe;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs commands in containers and waits for them (ExecSync). */
final class Execs {
    /** The kubelet takes answers of 16 MiB, which hold both streams. */
    private static final int OUTPUT_LIMIT = 8 * 1024 * 1024 - 64 * 1024;

    /** A process that the command left behind may hold the pipes for ever: what was written up to then is the answer. */
    private static final Duration AFTER_EXIT = Duration.ofSeconds(2);

    /** Killed processes are gone within this, unless the kernel holds them. */
    private static final Duration AFTER_KILL = Duration.ofSeconds(10);

    private final EventLoop loop;
    private final Fd devNull;

    Execs(EventLoop loop, Fd devNull) {
        this.loop = loop;
        this.devNull = devNull;
    }

    /**
     * Runs one command.
     * @param timeout zero: none. When it is over, the command and all that came of it is killed
     * @throws PodException.TimedOut with what the command was
     * @throws LauncherException it could not be executed
     */
    ExecOutcome run(Container container, ProcessRequest process, Duration timeout)
            throws IOException, InterruptedException {
        Set<Pipes.PipeFlag> flags = EnumSet.noneOf(Pipes.PipeFlag.class);
        try (Pipe out = Pipes.open("exec stdout", flags);
                Pipe err = Pipes.open("exec stderr", flags)) {
            Pipes.setNonblocking(out.readEnd(), true);
            Pipes.setNonblocking(err.readEnd(), true);
            try (ExecOutput stdout = new ExecOutput(loop, out.readEnd(), OUTPUT_LIMIT);
                    ExecOutput stderr = new ExecOutput(loop, err.readEnd(), OUTPUT_LIMIT);
                    RunningExec exec =
                            container.exec(process, devNull, out.writeEnd(), err.writeEnd(), ExecNames.next())) {
                out.writeEnd().close();
                err.writeEnd().close();
                ExitStatus status = await(exec, timeout, process);
                drain(stdout, stderr);
                return new ExecOutcome(status.asExitCode(), stdout.bytes(), stderr.bytes());
            }
        }
    }

    private static ExitStatus await(RunningExec exec, Duration timeout, ProcessRequest process)
            throws IOException, InterruptedException {
        try {
            return timeout.isZero() ? exec.exit().get() : exec.exit().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            exec.kill();
            settle(exec);
            throw new PodException.TimedOut("command " + process.process().args() + " timed out: it was not done after "
                    + timeout.toSeconds() + " s, and was killed with all that it had started");
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            exec.kill();
            throw e;
        }
    }

    private static void settle(RunningExec exec) throws InterruptedException {
        try {
            exec.exit().get(AFTER_KILL.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // Stuck in the kernel, or its warden is gone: either way there is nothing left to wait for.
        }
    }

    private static void drain(ExecOutput stdout, ExecOutput stderr) throws IOException, InterruptedException {
        try {
            CompletableFuture.allOf(stdout.ended(), stderr.ended()).get(AFTER_EXIT.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            // Somebody whom the command left behind holds the pipes: what there is is the answer.
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }

    private static IOException failure(ExecutionException e) {
        return e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
}
