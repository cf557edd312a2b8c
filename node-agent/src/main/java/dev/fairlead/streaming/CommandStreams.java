package dev.fairlead.streaming;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Pty;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A process whose streams are for one client. The descriptors do not block, and belong to whoever this is given to.
 *
 * @param stdin what the process reads comes from here
 * @param stdout what it writes, also with a terminal
 * @param terminal to be told the client's window size; its master is owned
 * @param exit its exit code, 0 to 255; or why it could not be run. May complete on an event loop: what depends on it must not block
 * @param inputDone called once when no more will be written to {@code stdin}; must not block
 * @param abandon ends it, with all that came of it, when the client has gone
 * @param release lets go of what is held of it; called once, at the end
 */
public record CommandStreams(
        Optional<Fd> stdin,
        Optional<Fd> stdout,
        Optional<Fd> stderr,
        Optional<Pty> terminal,
        CompletableFuture<Integer> exit,
        Runnable inputDone,
        Runnable abandon,
        Runnable release) {}
