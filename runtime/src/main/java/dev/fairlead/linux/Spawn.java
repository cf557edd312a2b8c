package dev.fairlead.linux;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import jnr.ffi.Pointer;

/**
 * Starts a process with descriptors at numbers of our choosing: posix_spawn(3), which shares our memory until the program is executed
 * instead of copying the page tables of a JVM.
 */
public final class Spawn {
    /** posix_spawn_file_actions_t is 80 bytes with glibc and with musl; the rest is for a libc that grows. */
    private static final int ACTIONS_SIZE = 256;

    /** posix_spawnattr_t is 336 bytes with glibc. */
    private static final int ATTRIBUTES_SIZE = 1024;

    private static final int SET_PROCESS_GROUP = 2;
    private static final int SET_DEFAULT_ACTIONS = 4;
    private static final int SET_SIGNAL_MASK = 8;
    private static final int SET_SESSION = 0x80;

    /** sigset_t with glibc and with musl. */
    private static final int SIGNAL_SET_SIZE = 128;

    private static final int F_DUPFD_CLOEXEC = 1030;

    /** Above every number that a child is given: a source must not be overwritten by an earlier dup2. */
    private static final int OUT_OF_THE_WAY = 256;

    private Spawn() {}

    /**
     * Starts {@code program}, an open executable file, in an empty environment and as the leader of a session of its own. No signal is blocked
     * or ignored in it, whatever is in our threads.
     * @param descriptors of the child, below 256, from ours; all borrowed. Beside them it inherits what is not close-on-exec
     * @return the pid of our child
     * @throws ErrnoException EMFILE, ENOMEM, EAGAIN; or what execve(2) says
     */
    public static int spawn(Fd program, List<String> arguments, Map<Integer, Fd> descriptors) throws ErrnoException {
        List<Fd> copies = new ArrayList<>();
        try {
            Fd executable = copy(program, copies);
            return spawn(
                    "/proc/self/fd/" + executable.number(), arguments, List.of(), descriptors, copies, SET_SESSION);
        } finally {
            copies.forEach(Fd::close);
        }
    }

    /**
     * Starts the program at {@code path}, which may be a script, as the leader of a process group of its own: a signal to that reaches its
     * children too. No signal is blocked or ignored in it. It has no descriptor above those that it is given: sockets of the JVM are not
     * close-on-exec, and one that outlives a daemon that is killed would hold its socket, on which the next daemon finds somebody listening.
     * @param environment in the form NAME=value
     * @param descriptors as with the other
     * @return the pid of our child, and its group's number
     */
    public static int group(String path, List<String> arguments, List<String> environment, Map<Integer, Fd> descriptors)
            throws ErrnoException {
        List<Fd> copies = new ArrayList<>();
        try {
            return spawn(path, arguments, environment, descriptors, copies, SET_PROCESS_GROUP);
        } finally {
            copies.forEach(Fd::close);
        }
    }

    private static int spawn(
            String path,
            List<String> arguments,
            List<String> environment,
            Map<Integer, Fd> descriptors,
            List<Fd> copies,
            int flags)
            throws ErrnoException {
        LibC c = LibC.get();
        Pointer actions = Memory.zeroed(ACTIONS_SIZE);
        Pointer attributes = Memory.zeroed(ATTRIBUTES_SIZE);
        checkZero(c.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Strings argumentTable = new Strings(arguments);
        Strings environmentTable = new Strings(environment);
        try {
            checkZero(c.posix_spawnattr_init(attributes), "posix_spawnattr_init");
            checkZero(
                    c.posix_spawnattr_setflags(attributes, (short) (flags | SET_DEFAULT_ACTIONS | SET_SIGNAL_MASK)),
                    "posix_spawnattr_setflags");
            checkZero(c.posix_spawnattr_setsigdefault(attributes, allSignals()), "posix_spawnattr_setsigdefault");
            checkZero(
                    c.posix_spawnattr_setsigmask(attributes, Memory.zeroed(SIGNAL_SET_SIZE)),
                    "posix_spawnattr_setsigmask");
            for (Map.Entry<Integer, Fd> entry : descriptors.entrySet()) {
                Fd copy = copy(entry.getValue(), copies);
                checkZero(
                        c.posix_spawn_file_actions_adddup2(actions, copy.number(), entry.getKey()),
                        "posix_spawn_file_actions_adddup2");
            }
            if (flags
                    == SET_PROCESS_GROUP) { // else the program itself is a descriptor, and closes what it does not know
                int first = descriptors.keySet().stream()
                        .mapToInt(number -> number + 1)
                        .max()
                        .orElse(0);
                checkZero(
                        c.posix_spawn_file_actions_addclosefrom_np(actions, first),
                        "posix_spawn_file_actions_addclosefrom_np");
            }
            Pointer pid = Memory.zeroed(Integer.BYTES);
            checkZero(
                    c.posix_spawn(pid, path, actions, attributes, argumentTable.table, environmentTable.table),
                    "posix_spawn " + path);
            return pid.getInt(0);
        } finally {
            c.posix_spawnattr_destroy(attributes);
            c.posix_spawn_file_actions_destroy(actions);
            Reference.reachabilityFence(argumentTable); // the tables have only addresses of the text
            Reference.reachabilityFence(environmentTable);
        }
    }

    private static Pointer allSignals() {
        byte[] all = new byte[SIGNAL_SET_SIZE];
        Arrays.fill(all, (byte) 0xff);
        return Memory.bytes(all);
    }

    private static Fd copy(Fd fd, List<Fd> copies) throws ErrnoException {
        int number = LibC.get().fcntl(fd.number(), F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
        if (number < 0) {
            throw ErrnoException.last("fcntl", fd, "F_DUPFD_CLOEXEC");
        }
        Fd copy = Fd.owned(number, fd.name());
        copies.add(copy);
        return copy;
    }

    /** These functions return errno instead of setting it. */
    private static void checkZero(int result, String call) throws ErrnoException {
        if (result != 0) {
            throw new ErrnoException(call, Errno.of(result));
        }
    }

    /** A NULL-terminated table of strings; they live as long as this. */
    private static final class Strings {
        private final Pointer text;
        private final Pointer table;

        Strings(List<String> strings) {
            int size = strings.stream()
                    .mapToInt(s -> s.getBytes(StandardCharsets.UTF_8).length + 1)
                    .sum();
            text = Memory.zeroed(Math.max(1, size));
            table = Memory.zeroed((strings.size() + 1) * Long.BYTES);
            long at = 0;
            for (int i = 0; i < strings.size(); i++) {
                byte[] bytes = strings.get(i).getBytes(StandardCharsets.UTF_8);
                text.put(at, bytes, 0, bytes.length);
                table.putLong((long) i * Long.BYTES, text.address() + at);
                at += bytes.length + 1;
            }
        }
    }
}
