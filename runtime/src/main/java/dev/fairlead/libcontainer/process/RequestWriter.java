package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Flag;
import dev.fairlead.linux.Memfd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.IoPriority;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Rlimit;
import dev.fairlead.oci.Scheduler;
import dev.fairlead.oci.TimeOffset;
import dev.fairlead.oci.User;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes {@code struct request} of protocol.h, and behind it what its fields point to, into a memfd. */
final class RequestWriter {
    /** {@code enum flag}. */
    private static final int TERMINAL = 1;

    private static final int NO_NEW_PRIVS = 2;
    private static final int MOUNT_PROC = 4;
    private static final int NO_PIVOT = 8;
    private static final int PAUSE = 16;
    private static final int RESTORE = 32;

    private static final int MAGIC = 0x32524c46;
    private static final int UNCHANGED = -1;
    private static final int DEFAULT_UMASK = 0022;

    /** Offsets of {@code struct request}'s fields. */
    private enum Field {
        MAGIC(0),
        SIZE(4),
        FLAGS(8),
        UMASK(12),
        UID(16),
        GID(20),
        IO_PRIORITY(24),
        PERSONALITY(28),
        STDIO_UID(32),
        SECCOMP_FLAGS(36),
        UNSHARED(40),
        JOINED(44),
        PROPAGATION(48),
        BOUNDING(56),
        EFFECTIVE(64),
        PERMITTED(72),
        INHERITABLE(80),
        AMBIENT(88),
        DESCRIPTORS(96);

        private final int offset;

        Field(int offset) {
            this.offset = offset;
        }
    }

    /** {@code enum part}: each has offset and size behind the fields. */
    private enum Part {
        PROGRAMS,
        ARGS,
        ENV,
        CWD,
        LABEL_FILE,
        LABEL,
        KEYRING,
        OOM_SCORE_ADJ,
        HOSTNAME,
        DOMAINNAME,
        TIME_OFFSETS,
        GROUPS,
        RLIMITS,
        SCHEDULER,
        SECCOMP;

        private static final int FIRST = 104;
        private static final int SIZE = 2 * Integer.BYTES;
        private static final int END = FIRST + values().length * SIZE;

        @SuppressWarnings("EnumOrdinal") // the order is that of struct request
        int offset() {
            return FIRST + ordinal() * SIZE;
        }
    }

    /** At most what the launcher takes: REQUEST_SIZE_MAX. */
    private static final int MAX_SIZE = 16 << 20;

    private ByteBuffer out = ByteBuffer.allocate(8192).order(ByteOrder.nativeOrder());
    private int flags;

    private RequestWriter() {
        out.position(Part.END);
        set(Field.MAGIC, MAGIC);
        set(Field.IO_PRIORITY, UNCHANGED);
        set(Field.PERSONALITY, UNCHANGED);
        set(Field.STDIO_UID, UNCHANGED);
    }

    /**
     * The request of an exec. Owned by the caller.
     * @param program empty: what args[0] names
     */
    static Fd ofExec(ProcessRequest process, Optional<String> program) throws ErrnoException {
        RequestWriter writer = new RequestWriter();
        writer.write(process, program);
        return writer.finish();
    }

    /**
     * The request of init. Owned by the caller.
     * @param descriptors the numbers that the warden has
     */
    static Fd ofInit(InitRequest request, Set<Integer> descriptors) throws ErrnoException {
        RequestWriter writer = new RequestWriter();
        writer.write(request, descriptors);
        return writer.finish();
    }

    private void write(InitRequest request, Set<Integer> descriptors) {
        request.process().ifPresentOrElse(process -> write(process, Optional.empty()), this::writePause);
        flags |= request.mountProc() ? MOUNT_PROC : 0;
        flags |= request.restored() ? RESTORE : 0;
        boolean mountNamespace =
                request.unshared().contains(Kind.MOUNT) || request.joined().containsKey(Kind.MOUNT);
        flags |= request.noPivotRoot() || !mountNamespace ? NO_PIVOT : 0;
        setLong(
                Field.DESCRIPTORS,
                descriptors.stream().mapToLong(number -> 1L << number).reduce(0, (a, b) -> a | b));
        set(Field.UNSHARED, namespaces(request.unshared()));
        Set<Kind> joined = EnumSet.noneOf(Kind.class);
        joined.addAll(request.joined().keySet());
        request.mountsOf().ifPresent(_ -> joined.add(Kind.MOUNT));
        set(Field.JOINED, namespaces(joined));
        putText(Part.HOSTNAME, request.hostname(), "hostname");
        putText(Part.DOMAINNAME, request.domainname(), "domainname");
        putText(Part.TIME_OFFSETS, timeOffsets(request.timeOffsets()), "linux.timeOffsets");
        set(Field.PROPAGATION, (int) request.propagation());
    }

    private static int namespaces(Set<Kind> kinds) {
        return (int) Flag.word(kinds);
    }

    /** Nothing to execute, nobody to be, and no capability to do it with. */
    private void writePause() {
        flags |= PAUSE | NO_NEW_PRIVS;
        putText(Part.CWD, Optional.of("/"), "process.cwd");
        for (Part table : List.of(Part.PROGRAMS, Part.ARGS, Part.ENV)) {
            putTable(table, List.of(), table.name());
        }
    }

    private static Optional<String> timeOffsets(Map<String, TimeOffset> offsets) {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(offsets)
                .forEach((clock, offset) -> lines.append(clock)
                        .append(' ')
                        .append(offset.secs() == null ? 0 : offset.secs())
                        .append(' ')
                        .append(offset.nanosecs() == null ? 0 : offset.nanosecs())
                        .append('\n'));
        return Optional.of(lines.toString()).filter(text -> !text.isEmpty());
    }

    private void write(ProcessRequest request, Optional<String> program) {
        Process process = request.process();
        String name = process.args().getFirst();
        flags |= process.terminal() ? TERMINAL : 0;
        flags |= process.noNewPrivileges() ? NO_NEW_PRIVS : 0;
        putTable(
                Part.PROGRAMS,
                program.map(List::of).orElseGet(() -> SearchPath.candidates(name, process.env())),
                "process.args");
        putTable(Part.ARGS, process.args(), "process.args");
        putTable(Part.ENV, process.env(), "process.env");
        putText(Part.CWD, Optional.of(process.cwd()), "process.cwd");
        writeUser(process.user());
        writeCapabilities(request.capabilities());
        writeRlimits(process.rlimits());
        putText(
                Part.OOM_SCORE_ADJ,
                Optional.ofNullable(process.oomScoreAdj()).map(score -> Integer.toString(score)),
                "process.oomScoreAdj");
        if (process.scheduler() != null) {
            writeScheduler(process.scheduler());
        }
        if (process.ioPriority() != null) {
            set(Field.IO_PRIORITY, ioPriority(process.ioPriority()));
        }
        request.seccomp().ifPresent(this::writeSeccomp);
        request.label().ifPresent(label -> {
            putText(Part.LABEL_FILE, Optional.of(label.file()), "label");
            putText(Part.LABEL, Optional.of(label.text()), "label");
        });
        putText(Part.KEYRING, request.sessionKeyring(), "keyring");
        request.personality().ifPresent(personality -> set(Field.PERSONALITY, personality));
        request.stdioOwner().ifPresent(owner -> set(Field.STDIO_UID, owner));
    }

    private void writeUser(@Nullable User user) {
        if (user == null) {
            set(Field.UMASK, DEFAULT_UMASK);
            return;
        }
        set(Field.UMASK, user.umask() == null ? DEFAULT_UMASK : user.umask());
        set(Field.UID, id(user.uid(), "process.user.uid"));
        set(Field.GID, id(user.gid(), "process.user.gid"));
        int at = align();
        for (long gid : user.additionalGids()) {
            room(Integer.BYTES).putInt(id(gid, "process.user.additionalGids"));
        }
        end(Part.GROUPS, at);
    }

    /** An id is unsigned in the kernel, and the highest means "none". */
    private static int id(long value, String field) {
        if (value < 0 || value >= 0xffffffffL) {
            throw new IllegalArgumentException(field + ": " + value + " is no id, which are 0 to 4294967294");
        }
        return (int) value;
    }

    private void writeCapabilities(CapabilitySets sets) {
        setLong(Field.BOUNDING, sets.bounding());
        setLong(Field.EFFECTIVE, sets.effective());
        setLong(Field.PERMITTED, sets.permitted());
        setLong(Field.INHERITABLE, sets.inheritable());
        setLong(Field.AMBIENT, sets.ambient());
    }

    private void writeRlimits(List<Rlimit> limits) {
        int at = align();
        for (Rlimit limit : limits) {
            room(3 * Long.BYTES)
                    .putInt(Rlimits.numberOf(limit.type()))
                    .putInt(0)
                    .putLong(limit.soft())
                    .putLong(limit.hard());
        }
        end(Part.RLIMITS, at);
    }

    /** struct sched_attr in its first version, which all kernels take. */
    private void writeScheduler(Scheduler scheduler) {
        int at = align();
        int size = 48;
        room(size)
                .putInt(size)
                .putInt(Schedulers.policy(scheduler.policy()))
                .putLong(Schedulers.flags(scheduler.flags()))
                .putInt(scheduler.nice() == null ? 0 : scheduler.nice())
                .putInt(scheduler.priority() == null ? 0 : scheduler.priority())
                .putLong(scheduler.runtime() == null ? 0 : scheduler.runtime())
                .putLong(scheduler.deadline() == null ? 0 : scheduler.deadline())
                .putLong(scheduler.period() == null ? 0 : scheduler.period());
        end(Part.SCHEDULER, at);
    }

    private static int ioPriority(IoPriority priority) {
        return (Schedulers.ioClass(priority.ioClass()) << 13) | Schedulers.ioLevel(priority.priority());
    }

    private void writeSeccomp(SeccompProgram program) {
        int at = align();
        ByteBuffer instructions = program.instructions().duplicate();
        room(instructions.remaining()).put(instructions);
        end(Part.SECCOMP, at);
        set(Field.SECCOMP_FLAGS, program.flags());
    }

    private Fd finish() throws ErrnoException {
        set(Field.FLAGS, flags);
        room(1).put((byte) 0);
        set(Field.SIZE, out.position());
        return Memfd.of("fairlead-request", Arrays.copyOf(out.array(), out.position()), Set.of());
    }

    private void set(Field field, int value) {
        out.putInt(field.offset, value);
    }

    private void setLong(Field field, long value) {
        out.putLong(field.offset, value);
    }

    /** The part lies from {@code at} to here. */
    private void end(Part part, int at) {
        out.putInt(part.offset(), at).putInt(part.offset() + Integer.BYTES, out.position() - at);
    }

    private void putText(Part part, Optional<String> text, String name) {
        if (text.isPresent()) {
            int at = align();
            put(text.get(), name);
            end(part, at);
        }
    }

    private void putTable(Part part, List<String> strings, String name) {
        List<Integer> offsets = new ArrayList<>(strings.size());
        for (int i = 0; i < strings.size(); i++) {
            offsets.add(put(strings.get(i), name + "[" + i + "]"));
        }
        int at = align();
        for (int offset : offsets) {
            room(Long.BYTES).putLong(offset);
        }
        room(Long.BYTES).putLong(0);
        end(part, at);
    }

    private int put(String text, String name) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    name + " has a NUL character, which would end it early: \"" + text.replace("\0", "\\0") + "\"");
        }
        int at = out.position();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(bytes.length + 1).put(bytes).put((byte) 0);
        return at;
    }

    private int align() {
        int at = (out.position() + Long.BYTES - 1) / Long.BYTES * Long.BYTES;
        room(at - out.position()).position(at);
        return at;
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int size = Math.max(2 * out.capacity(), out.position() + bytes);
            if (size > MAX_SIZE) {
                throw new IllegalArgumentException(
                        "arguments, environment and seccomp filter take more than " + MAX_SIZE + " bytes");
            }
            ByteBuffer larger = ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
            larger.put(out.array(), 0, out.position());
            out = larger;
        }
        return out;
    }
}
