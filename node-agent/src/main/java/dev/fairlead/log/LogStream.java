package dev.fairlead.log;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.EventLoop.Registration;
import dev.fairlead.linux.Interest;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Readiness;
import dev.fairlead.log.LogJournal.Intent;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a container: the steps of the package's documentation. Only on the loop's thread. Where the log file cannot be
 * written, a step throws {@link LogFileException} and is repeated later from what the journal says, as after a crash.
 */
final class LogStream implements EventLoop.Handler {
    private static final Set<Interest> READ = EnumSet.of(Interest.READ);
    private static final Set<Interest> NONE = EnumSet.noneOf(Interest.class);

    private final ContainerLog log;
    private final StreamName name;
    private final StreamPipes pipes;
    private final LogJournal.Slot slot;
    private final Optional<LogTarget> target;
    private final Scratch scratch;
    private final EventLoop loop;
    private final Backlog backlog;
    private @Nullable Registration registration;
    private boolean flooding;
    private boolean ended;

    LogStream(
            ContainerLog log,
            StreamName name,
            StreamPipes pipes,
            LogJournal.Slot slot,
            Optional<LogTarget> target,
            LogPump.Shared shared) {
        this.log = log;
        this.name = name;
        this.pipes = pipes;
        this.slot = slot;
        this.target = target;
        scratch = shared.scratch();
        loop = shared.loop();
        backlog = shared.backlog();
    }

    /** Waits for output; the steps that were cut off are done by then. */
    void watch() throws IOException {
        if (ended) {
            return;
        }
        if (registration == null) {
            // A terminal's master ignores SPLICE_F_NONBLOCK, and we are its only reader.
            Pipes.setNonblocking(pipes.source(), true);
            registration = loop.register(pipes.source(), READ, this);
        } else {
            registration.modify(READ);
        }
    }

    /** Lets the output wait in its pipe. */
    void pause() throws ErrnoException {
        if (registration != null && !ended) {
            registration.modify(NONE);
        }
    }

    boolean ended() {
        return ended;
    }

    StreamName name() {
        return name;
    }

    @Override
    public void ready(Registration self, Set<Readiness> ready) {
        if (log.stalled()) {
            return; // the other stream of this turn found the disk full
        }
        log.attempt(() -> {
            serve();
            if (flooding) {
                self.modify(NONE);
                backlog.add(this);
            }
        });
    }

    /**
     * Takes a batch of a stream in the {@link Backlog}.
     * @return whether it stays there; else it is watched again, or waits with its log
     */
    boolean catchUp() {
        if (ended || log.stalled()) {
            return false;
        }
        log.attempt(() -> {
            serve();
            if (!flooding) {
                watch();
            }
        });
        return flooding && !ended && !log.stalled();
    }

    private void serve() throws IOException {
        int count = takeBatch();
        flooding = count > Scratch.FLOOD;
        if (count == Pipes.END) {
            end();
        }
    }

    @Override
    public void failed(Throwable failure) {
        log.fail(failure);
    }

    /** Finishes what a crash, or a full disk, cut off. */
    void recover() throws IOException {
        if (ended) {
            return;
        }
        switch (slot.step()) {
            case IDLE -> {}
            case INTENT -> write(slot.intent());
            case DONE -> empty();
        }
        if (target.isPresent()) {
            int waiting = Pipes.unread(pipes.batchReadEnd());
            if (waiting > 0) {
                batch(waiting, false);
            }
        }
    }

    /** Logs what is in the pipes now, and then the line that has no end: for one whose writers will not go away. */
    void finish(int maxBatches) throws IOException {
        recover();
        for (int i = 0; i < maxBatches && !ended; i++) {
            if (takeBatch() <= 0) {
                break;
            }
        }
        end();
    }

    private int takeBatch() throws IOException {
        if (ended) {
            return Pipes.END;
        }
        try {
            if (target.isEmpty()) {
                int read = scratch.discard(pipes.source());
                if (read > 0 && log.isTapped()) {
                    log.tap(name, scratch.discarded(read), 0, read);
                }
                return read;
            }
            int count = Pipes.splice(pipes.source(), pipes.batchWriteEnd(), Scratch.BATCH_SIZE);
            if (count > 0) {
                batch(count, false);
            }
            return count;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EIO) {
                return Pipes.END; // a terminal that nobody has open any more
            }
            throw e;
        }
    }

    private void end() throws IOException {
        if (ended) {
            return;
        }
        if (target.isPresent()) {
            batch(0, true);
        }
        close();
        log.streamEnded();
    }

    /**
     * Turns what is in the batch pipe into lines.
     * @param bytes how many are in it
     * @param last whether the line that has no end is written too
     */
    private void batch(int bytes, boolean last) throws IOException {
        int length = load(bytes);
        // Once for each batch: what a crash or a full disk makes us write again goes through write().
        log.tap(name, scratch.batch(), length - bytes, bytes);
        int writable = CriLines.writable(scratch.batch(), length, last);
        if (writable > 0) {
            Intent intent = target.orElseThrow().intent(bytes, last);
            slot.intend(intent);
            writeLines(intent, writable);
        }
        commit(writable, length);
    }

    /** The second attempt at a batch. */
    private void write(Intent intent) throws IOException {
        int length = load(intent.batchBytes());
        int writable = CriLines.writable(scratch.batch(), length, intent.last());
        writeLines(intent, writable);
        commit(writable, length);
    }

    private int load(int batchBytes) throws IOException {
        int carry = slot.carry(scratch.batch());
        int peeked = batchBytes == 0 ? 0 : scratch.peek(pipes.batchReadEnd(), carry);
        if (peeked != batchBytes) {
            throw new IOException("the batch pipe of %s has %d bytes where the journal says %d: somebody else uses it"
                    .formatted(name.word(), peeked, batchBytes));
        }
        return carry + peeked;
    }

    private void writeLines(Intent intent, int length) throws IOException {
        target.orElseThrow().write(name, intent, scratch.batch(), length, scratch.output());
    }

    private void commit(int written, int length) throws IOException {
        try {
            slot.done(scratch.batch(), written, length - written);
        } catch (IOException e) {
            throw new LogFileException("journal", e);
        }
        empty();
    }

    private void empty() throws IOException {
        scratch.drain(pipes.batchReadEnd(), Pipes.unread(pipes.batchReadEnd()));
        slot.idle();
    }

    /** Lets go of the pipes; what is in them stays there, if anybody else holds them. */
    void close() {
        if (ended) {
            return;
        }
        ended = true;
        log.tapEnded(name);
        if (registration != null) {
            registration.close();
        }
        pipes.close();
    }
}
