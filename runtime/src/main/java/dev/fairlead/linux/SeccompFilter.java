package dev.fairlead.linux;

import java.util.List;
import java.util.OptionalInt;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A seccomp(2) filter in the making: libseccomp(3). It belongs to one thread at a time. Before the first use of anything here ask
 * {@link #missing}: the library is not part of every system.
 */
public final class SeccompFilter implements AutoCloseable {
    private static final String SHARED_OBJECT = "libseccomp.so.2";
    private static final int MFD_CLOEXEC = 1;

    private static final int ATTRIBUTE_NO_NEW_PRIVILEGES = 3;
    private static final int ATTRIBUTE_OPTIMIZE = 8;
    private static final int BINARY_TREE = 2;

    /** struct scmp_arg_cmp: argument, operator, two values. */
    private static final int COMPARISON_BYTES = 24;
    /** BPF_MAXINSNS of struct sock_filter. */
    private static final int MOST_BYTES = 4096 * 8;

    private static final int UNKNOWN_SYSTEM_CALL = -1;

    private final Pointer filter;
    private boolean closed;

    private SeccompFilter(Pointer filter) {
        this.filter = filter;
    }

    /** Why there is no libseccomp here; null where there is. */
    public static @Nullable Throwable missing() {
        return Holder.CAUSE;
    }

    /**
     * The version of the library, such as 2.5.4.
     * @throws IllegalStateException it is {@link #missing}
     */
    public static String version() {
        Pointer version = library().seccomp_version();
        return version.getInt(0) + "." + version.getInt(4) + "." + version.getInt(8);
    }

    /**
     * Starts a filter for the machine's own architecture.
     * @param defaultAction SECCOMP_RET_* with its data
     * @throws ErrnoException EINVAL: no such action
     */
    public static SeccompFilter of(int defaultAction) throws ErrnoException {
        Pointer filter = library().seccomp_init(defaultAction);
        if (filter == null) {
            throw new ErrnoException("seccomp_init 0x" + Integer.toHexString(defaultAction), Errno.EINVAL);
        }
        SeccompFilter started = new SeccompFilter(filter);
        // Privileges are the launcher's business; loading by libseccomp, which this is about, never happens.
        library().seccomp_attr_set(filter, ATTRIBUTE_NO_NEW_PRIVILEGES, 0);
        return started;
    }

    /** The library's number for an architecture, by its own name for it (x86_64, x32); empty for one that it does not know. */
    public static OptionalInt architecture(String name) {
        int token = library().seccomp_arch_resolve_name(name);
        return token == 0 ? OptionalInt.empty() : OptionalInt.of(token);
    }

    /** The library's number for the machine's architecture. */
    public static int nativeArchitecture() {
        return library().seccomp_arch_native();
    }

    /** The number of a system call on an architecture; empty where the library does not know it, or the architecture does not have it. */
    public static OptionalInt systemCall(String name, int architecture) {
        int number = library().seccomp_syscall_resolve_name_arch(architecture, name);
        return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
    }

    /** Whether the library knows a system call of that name, on whichever architecture. */
    public static boolean knows(String systemCall) {
        return library().seccomp_syscall_resolve_name(systemCall) != UNKNOWN_SYSTEM_CALL;
    }

    /** Lets the filter judge calls of one more architecture; one that it has already is no error. */
    public void addArchitecture(int token) throws ErrnoException {
        Errno errno = errno(library().seccomp_arch_add(filter, token));
        if (errno != null && errno != Errno.EEXIST) {
            throw new ErrnoException("seccomp_arch_add 0x" + Integer.toHexString(token), errno);
        }
    }

    /** Looks numbers up in a tree, not in a row. A library before 2.5 cannot: it does without. */
    public void useBinaryTree() {
        library().seccomp_attr_set(filter, ATTRIBUTE_OPTIMIZE, BINARY_TREE);
    }

    /**
     * One argument compared.
     *
     * @param argument 0 to 5
     * @param operator enum scmp_compare
     * @param first what is compared with; the mask of SCMP_CMP_MASKED_EQ
     * @param second the value of SCMP_CMP_MASKED_EQ
     */
    public record Comparison(int argument, int operator, long first, long second) {}

    /**
     * Adds a rule, on all architectures of the filter that have the call.
     * @param comparisons all must hold; no argument twice
     * @throws ErrnoException EINVAL: no such action, or an argument twice. EEXIST: the rule is there
     */
    public void add(int action, String systemCall, List<Comparison> comparisons) throws ErrnoException {
        int number = library().seccomp_syscall_resolve_name(systemCall);
        Pointer arguments = Memory.zeroed(COMPARISON_BYTES * Math.max(1, comparisons.size()));
        for (int i = 0; i < comparisons.size(); i++) {
            Comparison each = comparisons.get(i);
            long at = (long) i * COMPARISON_BYTES;
            arguments.putInt(at, each.argument);
            arguments.putInt(at + 4, each.operator);
            arguments.putLong(at + 8, each.first);
            arguments.putLong(at + 16, each.second);
        }
        Errno errno = errno(library()
                .seccomp_rule_add_array(
                        filter, action, number, comparisons.size(), comparisons.isEmpty() ? null : arguments));
        if (errno != null) {
            throw new ErrnoException("seccomp_rule_add " + systemCall + " " + comparisons, errno);
        }
    }

    /** The program: struct sock_filter, one after the other. */
    public byte[] export() throws ErrnoException {
        int number = LibC.get().memfd_create("seccomp program", MFD_CLOEXEC);
        if (number < 0) {
            throw ErrnoException.last("memfd_create");
        }
        try (Fd file = Fd.owned(number, "seccomp program")) {
            Errno errno = errno(library().seccomp_export_bpf(filter, file.number()));
            if (errno != null) {
                throw new ErrnoException("seccomp_export_bpf", errno);
            }
            Pointer memory = Memory.zeroed(MOST_BYTES);
            long count = LibC.get().pread(file.number(), memory, MOST_BYTES, 0);
            if (count < 0) {
                throw ErrnoException.last("pread", file.name());
            }
            byte[] program = new byte[(int) count];
            memory.get(0, program, 0, program.length);
            return program;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            library().seccomp_release(filter);
        }
    }

    /** The library returns a negative errno. */
    private static @Nullable Errno errno(int result) {
        return result >= 0 ? null : Errno.of(-result);
    }

    private static LibSeccomp library() {
        LibSeccomp library = Holder.LIBRARY;
        if (library == null) {
            throw new IllegalStateException(SHARED_OBJECT + " is not there", Holder.CAUSE);
        }
        return library;
    }

    /** Initialized when first asked for: an image must not load a library while it is built. */
    private static final class Holder {
        private static final @Nullable LibSeccomp LIBRARY;
        private static final @Nullable Throwable CAUSE;

        static {
            LibSeccomp library = null;
            Throwable cause = null;
            try {
                library = SharedLibrary.load(LibSeccomp.class, SHARED_OBJECT);
            } catch (LinkageError | RuntimeException e) {
                cause = e;
            }
            LIBRARY = library;
            CAUSE = cause;
        }
    }
}
