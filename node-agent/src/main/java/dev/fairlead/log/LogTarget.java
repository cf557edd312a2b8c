package dev.fairlead.log;

import dev.fairlead.log.LogJournal.Intent;
import dev.fairlead.log.LogJournal.Slot;
import dev.fairlead.log.LogJournal.Step;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the lines of a container go: one file at a time, of one path, which others rename now and then. The journal knows which file it is,
 * whatever its name. Only on the loop's thread.
 */
final class LogTarget implements AutoCloseable {
    private final Path path;
    private final LogJournal journal;
    private final InstantSource clock;
    private @Nullable LogFile file;
    private LogTime nextTime = new LogTime(0, 0);

    LogTarget(Path path, LogJournal journal, InstantSource clock) {
        this.path = path;
        this.journal = journal;
        this.clock = clock;
    }

    /** Does the rest of an unfinished batch, of each stream that has one. */
    @FunctionalInterface
    interface Finish {
        void run() throws IOException;
    }

    boolean isOpen() {
        return file != null;
    }

    /** Opens the file of a log that begins. */
    void open() throws IOException {
        use(LogFile.open(path));
    }

    /** Opens the file of a log that goes on. A batch that was being written is finished in the file where it was begun. */
    void openAgain(Finish finish) throws LogFileException {
        try {
            Optional<LogFile> renamed =
                    Files.exists(path) ? Optional.empty() : LogFile.openRenamed(path, journal.logFile());
            if (renamed.isPresent()) {
                // The kubelet renamed it and found nobody to reopen it. It will rename it back, over any new file, or
                // ask again.
                use(renamed.get());
                return;
            }
            LogFile next = LogFile.open(path);
            if (unfinished() && !next.key().equals(journal.logFile())) {
                finishRenamed(finish);
            }
            use(next);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** The log was rotated while nobody pumped. */
    private void finishRenamed(Finish finish) throws IOException {
        Optional<LogFile> renamed = LogFile.openRenamed(path, journal.logFile());
        if (renamed.isEmpty()) {
            // Removed or compressed: whether the batch is in it cannot be known. Better twice than never.
            takeBackUnfinished();
            return;
        }
        try (LogFile old = renamed.get()) {
            file = old;
            finish.run();
        } finally {
            file = null;
        }
    }

    /**
     * Goes on in a new file. A batch that a full disk cut off is taken out of the old one, and goes to the new one entirely.
     * @throws IOException it cannot be opened: nothing has changed
     */
    void rotate() throws IOException {
        LogFile old = openFile();
        LogFile next = LogFile.open(path);
        try {
            for (StreamName name : StreamName.values()) {
                Slot slot = journal.slot(name);
                if (slot.step() == Step.INTENT) {
                    old.truncate(slot.intent().offset());
                }
            }
        } catch (IOException e) {
            next.close();
            throw e;
        }
        takeBackUnfinished();
        use(next);
        old.close();
    }

    private boolean unfinished() {
        for (StreamName name : StreamName.values()) {
            if (journal.slot(name).step() == Step.INTENT) {
                return true;
            }
        }
        return false;
    }

    /** The batch is in its pipe, and as if it had never been begun. */
    private void takeBackUnfinished() {
        for (StreamName name : StreamName.values()) {
            Slot slot = journal.slot(name);
            if (slot.step() == Step.INTENT) {
                slot.idle();
            }
        }
    }

    private void use(LogFile next) {
        file = next;
        journal.logFile(next.key());
    }

    /** Where and when the next lines are written: after all that were written before. */
    Intent intent(int batchBytes, boolean last) throws LogFileException {
        LogTime now = LogTime.of(clock.instant());
        LogTime time = now.compareTo(nextTime) < 0 ? nextTime : now;
        try {
            return new Intent(openFile().size(), time, batchBytes, last);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Writes the first {@code length} bytes of {@code batch} as lines, by way of {@code output}. */
    void write(StreamName name, Intent intent, byte[] batch, int length, ByteBuffer output) throws LogFileException {
        LogFile target = openFile();
        long[] offset = {intent.offset()};
        CriLines lines = new CriLines(output, name, intent.time(), bytes -> {
            int count = bytes.remaining();
            target.write(bytes, offset[0]);
            offset[0] += count;
        });
        try {
            nextTime = intent.time().plusNanos(lines.write(batch, length));
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private LogFile openFile() throws LogFileException {
        if (file == null) {
            throw failed(new IOException("it is not open"));
        }
        return file;
    }

    private LogFileException failed(IOException why) {
        return why instanceof LogFileException known ? known : new LogFileException(path.toString(), why);
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
