package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The numbers of {@code runtime/src/main/c/protocol.h}; PROTOCOL.md beside it draws the exchange. */
final class Protocol {
    static final int CHANNEL = 3;
    static final int LISTENER = 4;
    static final int DIRECTORY = 5;
    static final int REQUEST = 6;
    static final int SYNC = 8;
    static final int REPORTS = 9;
    static final int REPORT_WRITE = 10;
    static final int SYNC_CHILD = 11;
    static final int STDIN = 15;
    static final int STDOUT = 16;
    static final int STDERR = 17;
    static final int CGROUP2 = 18;
    static final int TASKS = 19;
    static final int JOINED = 40;

    /** In the order in which they are joined: position {@code n} is descriptor {@code JOINED + n}. */
    static final List<Kind> JOIN_ORDER =
            List.of(Kind.NETWORK, Kind.IPC, Kind.UTS, Kind.PID, Kind.CGROUP, Kind.TIME, Kind.MOUNT, Kind.USER);

    static final int MAX_DESCRIPTORS = 5;
    static final int MESSAGE_SIZE = 40;
    private static final int STATE_OFFSET = 28;

    private Protocol() {}

    /** {@code enum type}. */
    enum MessageType {
        ENTER_ROOT(1),
        START(2),
        EXEC(3),
        CLOSE_STDIN(4),
        RELEASE(5),
        READY(16),
        CREATED(17),
        STARTED(18),
        FAILED(19),
        EXITED(20),
        EXEC_STARTED(21),
        STATE(22),
        REFUSED(23);

        private final int number;

        MessageType(int number) {
            this.number = number;
        }

        static MessageType of(int number) {
            for (MessageType type : values()) {
                if (type.number == number) {
                    return type;
                }
            }
            throw new IllegalArgumentException("no message type: " + number);
        }
    }

    /** {@code struct message}, with its descriptors. */
    record Message(
            MessageType type,
            int id,
            int pid,
            int step,
            int error,
            int detail,
            int status,
            int state,
            long time,
            List<Fd> descriptors) {
        /** {@code state}: 0 in all but EXEC. */
        static byte[] order(MessageType type, int id, int state) {
            return ByteBuffer.allocate(MESSAGE_SIZE)
                    .order(ByteOrder.nativeOrder())
                    .putInt(type.number)
                    .putInt(id)
                    .putInt(STATE_OFFSET, state)
                    .array();
        }

        static Message parse(ByteBuffer bytes, List<Fd> descriptors) {
            if (bytes.remaining() != MESSAGE_SIZE) {
                throw new IllegalArgumentException("a message of " + bytes.remaining() + " bytes");
            }
            ByteBuffer in = bytes.duplicate().order(ByteOrder.nativeOrder());
            return new Message(
                    MessageType.of(in.getInt()),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    in.getInt(),
                    in.getLong(),
                    descriptors);
        }

        /** Of EXITED, and of STATE where the container has ended. */
        ExitRecord exit() {
            return ExitRecord.of(status, time, step, error, detail);
        }

        LaunchFailure failure() {
            return LaunchFailure.of(step, error, detail);
        }
    }
}
