package dev.fairlead.log;

import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How far the log of one container got: a small file on tmpfs, mapped, so that a step costs a store and is kept when the daemon is killed
 * right after. It need not survive the machine: the container does not either.
 *
 * <p>Each stream has a {@link Slot}. What a step needs is stored first and the state last, in one word.
 */
final class LogJournal implements AutoCloseable {
    /** A line longer than this is logged in pieces; a piece that may still grow is what a carry holds. */
    static final int CARRY_SIZE = CriLines.MAX_CONTENT;

    private static final long MAGIC = 0x31474f4c44524146L; // "FARDLOG1"
    private static final int PAGE = 4096;
    private static final int MAGIC_AT = 0;
    private static final int DEVICE_AT = 8;
    private static final int INODE_AT = 16;
    private static final int SLOTS_AT = 64;
    private static final int SLOT_SIZE = 64;

    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());

    private final FileChannel file;
    private final MappedByteBuffer page;
    private final boolean continued;

    private LogJournal(FileChannel file, MappedByteBuffer page, boolean continued) {
        this.file = file;
        this.page = page;
        this.continued = continued;
    }

    /** What a stream is at; the names are explained in the package's documentation. */
    enum Step {
        IDLE(0),
        INTENT(1),
        DONE(2);

        private final int number;

        Step(int number) {
            this.number = number;
        }

        private static Step of(int number) {
            return switch (number) {
                case 0 -> IDLE;
                case 1 -> INTENT;
                case 2 -> DONE;
                default -> throw new IllegalStateException("the log journal is damaged: step " + number);
            };
        }
    }

    /** Opens the journal at {@code path}, as it was left, or a new one. */
    static LogJournal open(Path path) throws IOException {
        FileChannel file =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        try {
            boolean continued = file.size() > 0;
            if (file.size() < PAGE) {
                // Written, not just grown: a store to a page that tmpfs has no memory for would be a SIGBUS.
                writeFully(file, ByteBuffer.allocate(PAGE), 0);
            }
            MappedByteBuffer page = file.map(FileChannel.MapMode.READ_WRITE, 0, PAGE);
            page.order(ByteOrder.nativeOrder());
            long magic = page.getLong(MAGIC_AT);
            if (magic == 0) {
                page.putLong(MAGIC_AT, MAGIC);
            } else if (magic != MAGIC) {
                throw new IOException(
                        path + " is no log journal of this version: it begins with " + Long.toHexString(magic));
            }
            return new LogJournal(file, page, continued);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Whether the journal was there before: a daemon pumped this log already. */
    boolean continued() {
        return continued;
    }

    /** Remembers which file the lines go to. */
    void logFile(FileKey key) {
        page.putLong(DEVICE_AT, key.device());
        page.putLong(INODE_AT, key.inode());
    }

    /** The file that lines went to last. */
    FileKey logFile() {
        return new FileKey(page.getLong(DEVICE_AT), page.getLong(INODE_AT));
    }

    Slot slot(StreamName stream) {
        return switch (stream) {
            case STDOUT -> new Slot(SLOTS_AT, PAGE);
            case STDERR -> new Slot(SLOTS_AT + SLOT_SIZE, PAGE + 2 * CARRY_SIZE);
        };
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    private static void writeFully(FileChannel file, ByteBuffer bytes, long position) throws IOException {
        while (bytes.hasRemaining()) {
            position += file.write(bytes, position);
        }
    }

    /** One stream's part. The carry is kept twice: one is valid, the other is being filled. */
    final class Slot {
        private static final int STATE = 0;
        private static final int CARRY_LENGTHS = 4;
        private static final int BATCH_BYTES = 12;
        private static final int OFFSET = 16;
        private static final int SECONDS = 24;
        private static final int NANOS = 32;

        private static final int STEP_MASK = 0xff;
        private static final int SECOND_CARRY = 0x100;
        private static final int LAST = 0x200;

        private final int at;
        private final int carriesAt;

        private Slot(int at, int carriesAt) {
            this.at = at;
            this.carriesAt = carriesAt;
        }

        private int state() {
            return (int) INT.getAcquire(page, at + STATE);
        }

        private void state(Step step, boolean secondCarry, boolean last) {
            int state = step.number | (secondCarry ? SECOND_CARRY : 0) | (last ? LAST : 0);
            // Release: nobody, the compiler neither, may move the stores before this one behind it.
            INT.setRelease(page, at + STATE, state);
        }

        private boolean secondCarry() {
            return (state() & SECOND_CARRY) != 0;
        }

        Step step() {
            return Step.of(state() & STEP_MASK);
        }

        /** Lines of the carry and the first {@code batchBytes} of the batch pipe are about to be written at {@code offset}. */
        void intend(Intent intent) {
            page.putLong(at + OFFSET, intent.offset());
            page.putLong(at + SECONDS, intent.time().seconds());
            page.putInt(at + NANOS, intent.time().nanos());
            page.putInt(at + BATCH_BYTES, intent.batchBytes());
            state(Step.INTENT, secondCarry(), intent.last());
        }

        /** What {@link #intend} stored. */
        Intent intent() {
            return new Intent(
                    page.getLong(at + OFFSET),
                    new LogTime(page.getLong(at + SECONDS), page.getInt(at + NANOS)),
                    page.getInt(at + BATCH_BYTES),
                    (state() & LAST) != 0);
        }

        /** The batch is in the log, but for {@code length} bytes at {@code offset} of {@code rest}: they are the carry now. */
        void done(byte[] rest, int offset, int length) throws IOException {
            boolean second = !secondCarry();
            if (length > 0) {
                // Not through a mapping: where tmpfs is full this fails, and a store would be a SIGBUS.
                writeFully(file, ByteBuffer.wrap(rest, offset, length), carryAt(second));
            }
            page.putInt(lengthAt(second), length);
            state(Step.DONE, second, false);
        }

        /** The batch pipe is empty. */
        void idle() {
            state(Step.IDLE, secondCarry(), false);
        }

        /**
         * Reads the beginning of a line that the stream has not ended yet.
         * @return how many bytes, at most {@link #CARRY_SIZE}
         */
        int carry(byte[] target) throws IOException {
            int length = page.getInt(lengthAt(secondCarry()));
            if (length < 0 || length > CARRY_SIZE) {
                throw new IllegalStateException("the log journal is damaged: a carry of " + length + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.wrap(target, 0, length);
            long position = carryAt(secondCarry());
            while (bytes.hasRemaining()) {
                int count = file.read(bytes, position + bytes.position());
                if (count < 0) {
                    throw new EOFException("the log journal lacks its carry");
                }
            }
            return length;
        }

        private int lengthAt(boolean second) {
            return at + CARRY_LENGTHS + (second ? Integer.BYTES : 0);
        }

        private long carryAt(boolean second) {
            return (long) carriesAt + (second ? CARRY_SIZE : 0);
        }
    }

    /**
     * What is about to be written.
     * @param offset where in the log file
     * @param time of the first line; it makes the second attempt's bytes those of the first
     * @param batchBytes how many bytes of the batch pipe
     * @param last whether the stream has ended, so that a line without end is written too
     */
    record Intent(long offset, LogTime time, int batchBytes, boolean last) {}

    /** Which file, whatever its name is by now. */
    record FileKey(long device, long inode) {}
}
