package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Flag;
import dev.fairlead.linux.Memfd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.IdMapping;
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
    private static final int READ_ONLY_ROOT = 8;
    private static final int PAUSE = 16;
    private static final int OOM_SCORE = 32;
    private static final int SESSION_KEYRING = 64;

    private static final int MAGIC = 0x31524c46;
    private static final int UNCHANGED = -1;
    private static final int DEFAULT_UMASK = 0022;

    /** Offsets of {@code struct request}'s fields. */
    private enum Field {
        MAGIC(0),
        SIZE(4),
        FLAGS(8),
        UMASK(12),
        ARGS(16),
        ENV(20),
        CWD(24),
        UID(28),
        GID(32),
        GROUPS(36),
        GROUP_COUNT(40),
        RLIMITS(44),
        RLIMIT_COUNT(48),
        OOM_SCORE_ADJ(52),
        SCHEDULER(56),
        IO_PRIORITY(60),
        PERSONALITY(64),
        LABEL_FILE(68),
        LABEL(72),
        SECCOMP(76),
        SECCOMP_COUNT(80),
        SECCOMP_FLAGS(84),
        STDIO_UID(88),
        KEYRING(92),
        BOUNDING(96),
        EFFECTIVE(104),
        PERMITTED(112),
        INHERITABLE(120),
        AMBIENT(128),
        DESCRIPTORS(136),
        UNSHARED(144),
        JOINED(148),
        UID_MAP(152),
        GID_MAP(156),
        HOSTNAME(160),
        DOMAINNAME(164),
        TIME_OFFSETS(168),
        PROPAGATION(172);

        private static final int END = 176;
        private final int offset;

        Field(int offset) {
            this.offset = offset;
        }
    }

    /** At most what the launcher takes: REQUEST_SIZE_MAX. */
    private static final int MAX_SIZE = 16 << 20;

    private ByteBuffer out = ByteBuffer.allocate(8192).order(ByteOrder.nativeOrder());
    private int flags;

    private RequestWriter() {
        out.position(Field.END);
        set(Field.MAGIC, MAGIC);
        set(Field.IO_PRIORITY, UNCHANGED);
        set(Field.PERSONALITY, UNCHANGED);
        set(Field.STDIO_UID, UNCHANGED);
    }

    /** The request of an exec. Owned by the caller. */
    static Fd ofExec(ProcessRequest process) throws ErrnoException {
        RequestWriter writer = new RequestWriter();
        writer.write(process);
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
        request.process().ifPresentOrElse(this::write, () -> flags |= PAUSE);
        flags |= request.mountProc() ? MOUNT_PROC : 0;
        flags |= request.readOnlyRoot() ? READ_ONLY_ROOT : 0;
        setLong(
                Field.DESCRIPTORS,
                descriptors.stream().mapToLong(number -> 1L << number).reduce(0, (a, b) -> a | b));
        set(Field.UNSHARED, namespaces(request.unshared()));
        set(Field.JOINED, namespaces(request.joined().keySet()));
        putText(Field.UID_MAP, map(request.uidMappings()), "linux.uidMappings");
        putText(Field.GID_MAP, map(request.gidMappings()), "linux.gidMappings");
        putText(Field.HOSTNAME, request.hostname(), "hostname");
        putText(Field.DOMAINNAME, request.domainname(), "domainname");
        putText(Field.TIME_OFFSETS, timeOffsets(request.timeOffsets()), "linux.timeOffsets");
        set(Field.PROPAGATION, (int) request.propagation());
    }

    private static int namespaces(Set<Kind> kinds) {
        return (int) Flag.word(kinds);
    }

    private static Optional<String> map(List<IdMapping> mappings) {
        StringBuilder lines = new StringBuilder();
        for (IdMapping mapping : mappings) {
            lines.append(mapping.containerID())
                    .append(' ')
                    .append(mapping.hostID())
                    .append(' ')
                    .append(mapping.size())
                    .append('\n');
        }
        return Optional.of(lines.toString()).filter(text -> !text.isEmpty());
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

    private void write(ProcessRequest request) {
        Process process = request.process();
        flags |= process.terminal() ? TERMINAL : 0;
        flags |= process.noNewPrivileges() ? NO_NEW_PRIVS : 0;
        putTable(Field.ARGS, process.args(), "process.args");
        putTable(Field.ENV, process.env(), "process.env");
        putText(Field.CWD, Optional.of(process.cwd()), "process.cwd");
        writeUser(process.user());
        writeCapabilities(request.capabilities());
        writeRlimits(process.rlimits());
        if (process.oomScoreAdj() != null) {
            flags |= OOM_SCORE;
            set(Field.OOM_SCORE_ADJ, process.oomScoreAdj());
        }
        if (process.scheduler() != null) {
            writeScheduler(process.scheduler());
        }
        if (process.ioPriority() != null) {
            set(Field.IO_PRIORITY, ioPriority(process.ioPriority()));
        }
        request.seccomp().ifPresent(this::writeSeccomp);
        request.label().ifPresent(label -> {
            putText(Field.LABEL_FILE, Optional.of(label.file()), "label");
            putText(Field.LABEL, Optional.of(label.text()), "label");
        });
        request.sessionKeyring().ifPresent(name -> {
            flags |= SESSION_KEYRING;
            putText(Field.KEYRING, Optional.of(name), "keyring");
        });
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
        int at = align(Long.BYTES);
        for (long gid : user.additionalGids()) {
            room(Integer.BYTES).putInt(id(gid, "process.user.additionalGids"));
        }
        set(Field.GROUPS, at);
        set(Field.GROUP_COUNT, user.additionalGids().size());
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
        int at = align(Long.BYTES);
        for (Rlimit limit : limits) {
            room(3 * Long.BYTES)
                    .putInt(Rlimits.numberOf(limit.type()))
                    .putInt(0)
                    .putLong(limit.soft())
                    .putLong(limit.hard());
        }
        set(Field.RLIMITS, at);
        set(Field.RLIMIT_COUNT, limits.size());
    }

    /** struct sched_attr in its first version, which all kernels take. */
    private void writeScheduler(Scheduler scheduler) {
        int at = align(Long.BYTES);
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
        set(Field.SCHEDULER, at);
    }

    private static int ioPriority(IoPriority priority) {
        return (Schedulers.ioClass(priority.ioClass()) << 13) | Schedulers.ioLevel(priority.priority());
    }

    private void writeSeccomp(SeccompProgram program) {
        int at = align(Long.BYTES);
        ByteBuffer instructions = program.instructions().duplicate();
        int size = instructions.remaining();
        room(size).put(instructions);
        set(Field.SECCOMP, at);
        set(Field.SECCOMP_COUNT, size / Long.BYTES);
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

    private void putText(Field field, Optional<String> text, String name) {
        if (text.isPresent()) {
            set(field, put(text.get(), name));
        }
    }

    private void putTable(Field field, List<String> strings, String name) {
        List<Integer> offsets = new ArrayList<>(strings.size());
        for (int i = 0; i < strings.size(); i++) {
            offsets.add(put(strings.get(i), name + "[" + i + "]"));
        }
        set(field, align(Long.BYTES));
        for (int offset : offsets) {
            room(Long.BYTES).putLong(offset);
        }
        room(Long.BYTES).putLong(0);
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

    private int align(int unit) {
        int at = (out.position() + unit - 1) / unit * unit;
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
