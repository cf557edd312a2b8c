package dev.fairlead.libcontainer.seccomp;

import dev.fairlead.libcontainer.process.SeccompProgram;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.SeccompFilter;
import dev.fairlead.linux.SeccompFilter.Comparison;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.SeccompArg;
import dev.fairlead.oci.SeccompSyscall;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Compiles the profiles of OCI documents (config-linux.md, Seccomp). Equal profiles are compiled once. */
public final class SeccompProfile {
    /** Profiles of a node are few: the default for some sets of capabilities, and some files. */
    private static final int CACHED = 64;

    /** libseccomp up to 2.5.4 makes wrong trees of filters without rules; a short row of rules needs none. */
    private static final int RULES_WORTH_A_TREE = 32;

    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;
    private static final int SPEC_ALLOW = 4;
    private static final int DATA = 0xffff;
    private static final int EPERM = 1;

    private static final Map<String, Integer> ACTIONS = Map.of(
            "SCMP_ACT_KILL", 0,
            "SCMP_ACT_KILL_THREAD", 0,
            "SCMP_ACT_KILL_PROCESS", 0x80000000,
            "SCMP_ACT_TRAP", 0x00030000,
            "SCMP_ACT_ERRNO", ERRNO,
            "SCMP_ACT_TRACE", 0x7ff00000,
            "SCMP_ACT_LOG", 0x7ffc0000,
            "SCMP_ACT_ALLOW", ALLOW);

    private static final Map<String, Integer> OPERATORS = Map.of(
            "SCMP_CMP_NE", 1,
            "SCMP_CMP_LT", 2,
            "SCMP_CMP_LE", 3,
            "SCMP_CMP_EQ", 4,
            "SCMP_CMP_GE", 5,
            "SCMP_CMP_GT", 6,
            "SCMP_CMP_MASKED_EQ", 7);

    private static final Map<String, Integer> FLAGS = Map.of(
            "SECCOMP_FILTER_FLAG_TSYNC", 1,
            "SECCOMP_FILTER_FLAG_LOG", 2,
            "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SPEC_ALLOW);

    private static final Map<Seccomp, SeccompProgram> CACHE = new RecentlyUsed<>(CACHED);

    private SeccompProfile() {}

    /** Why no profile can be compiled on this machine; empty where all is there. */
    public static Optional<String> unavailable() {
        Throwable cause = SeccompFilter.missing();
        return cause == null
                ? Optional.empty()
                : Optional.of("libseccomp.so.2 cannot be loaded (Debian: libseccomp2): " + cause.getMessage());
    }

    /**
     * Compiles a profile. A system call that neither libseccomp nor we know is passed over, as this kernel cannot have it either. Where the
     * default action denies, calls newer than any that the profile names answer ENOSYS: C libraries try those first and fall back on an
     * older one, but not when told EPERM. Without flags the filter is installed with SPEC_ALLOW, as libcontainer does.
     *
     * @throws SeccompException an action, architecture, operator or flag that is none, a rule that cannot be; or {@link #unavailable}
     */
    public static SeccompProgram compile(Seccomp profile) throws SeccompException {
        synchronized (CACHE) {
            SeccompProgram program = CACHE.get(profile);
            if (program == null) {
                program = translate(profile);
                CACHE.put(profile, program);
            }
            return program;
        }
    }

    private static SeccompProgram translate(Seccomp profile) throws SeccompException {
        Optional<String> unavailable = unavailable();
        if (unavailable.isPresent()) {
            throw new SeccompException(unavailable.get(), SeccompFilter.missing());
        }
        int flags = flags(profile.flags());
        int defaultAction = action(profile.defaultAction(), profile.defaultErrnoRet(), "defaultAction");
        Set<Integer> architectures = architectures(profile.architectures());
        Prologue prologue = new Prologue(architectures, deniesWithoutNosys(profile.defaultAction(), defaultAction));
        try (SeccompFilter filter = SeccompFilter.of(defaultAction)) {
            for (int architecture : architectures) {
                filter.addArchitecture(architecture);
            }
            if (profile.syscalls().size() > RULES_WORTH_A_TREE
                    || profile.syscalls().stream().anyMatch(rule -> rule.names().size() > RULES_WORTH_A_TREE)) {
                filter.useBinaryTree();
            }
            for (int i = 0; i < profile.syscalls().size(); i++) {
                add(filter, prologue, profile.syscalls().get(i), "syscalls[" + i + "]", defaultAction);
            }
            byte[] body = filter.export();
            byte[] start = prologue.instructions();
            ByteBuffer program = ByteBuffer.allocate(start.length + body.length)
                    .put(start)
                    .put(body)
                    .flip();
            return new SeccompProgram(program, flags);
        } catch (ErrnoException e) {
            throw new SeccompException(
                    "libseccomp " + SeccompFilter.version() + " refuses the profile: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new SeccompException("the profile is too long for the kernel: " + e.getMessage(), e);
        }
    }

    private static void add(
            SeccompFilter filter, Prologue prologue, SeccompSyscall rule, String field, int defaultAction)
            throws SeccompException, ErrnoException {
        int action = action(rule.action(), rule.errnoRet(), field + ".action");
        List<Comparison> comparisons = new ArrayList<>();
        Set<Integer> compared = new HashSet<>();
        boolean alternatives = false;
        for (int i = 0; i < rule.args().size(); i++) {
            Comparison comparison = comparison(rule.args().get(i), field + ".args[" + i + "]");
            comparisons.add(comparison);
            alternatives |= !compared.add(comparison.argument());
        }
        for (String name : rule.names()) {
            if (name.isEmpty()) {
                throw new SeccompException(field + ".names: an empty name");
            }
            prologue.mention(name);
            // The library takes such a rule for a mistake.
            if (action == defaultAction) {
                continue;
            }
            if (!SeccompFilter.knows(name)) {
                if (comparisons.isEmpty()) {
                    prologue.answer(name, action);
                }
            } else if (alternatives) {
                // The library cannot compare an argument twice in a rule; what libcontainer then does is to let one
                // comparison suffice.
                for (Comparison comparison : comparisons) {
                    filter.add(action, name, List.of(comparison));
                }
            } else {
                filter.add(action, name, comparisons);
            }
        }
    }

    private static Comparison comparison(SeccompArg arg, String field) throws SeccompException {
        Integer operator = OPERATORS.get(arg.op());
        if (operator == null) {
            throw new SeccompException(
                    field + ".op: \"" + arg.op() + "\" is none of " + new TreeSet<>(OPERATORS.keySet()));
        }
        if (arg.index() < 0 || arg.index() > 5) {
            throw new SeccompException(field + ".index: " + arg.index() + ", but system calls have arguments 0 to 5");
        }
        Long second = arg.valueTwo();
        return new Comparison(arg.index(), operator, arg.value(), second == null ? 0 : second);
    }

    private static int action(String name, @Nullable Integer errnoRet, String field) throws SeccompException {
        if (name.equals("SCMP_ACT_NOTIFY")) {
            throw new SeccompException(
                    field + ": SCMP_ACT_NOTIFY needs an agent that answers for each call (listenerPath), which is not"
                            + " supported; use SCMP_ACT_ERRNO, SCMP_ACT_LOG or another");
        }
        Integer action = ACTIONS.get(name);
        if (action == null) {
            throw new SeccompException(field + ": \"" + name + "\" is none of " + new TreeSet<>(ACTIONS.keySet()));
        }
        boolean carriesData = name.equals("SCMP_ACT_ERRNO") || name.equals("SCMP_ACT_TRACE");
        if (!carriesData) {
            if (errnoRet != null && errnoRet != 0) {
                throw new SeccompException(field + ": " + name + " has no errno, but errnoRet is " + errnoRet);
            }
            return action;
        }
        int data = errnoRet == null ? EPERM : errnoRet;
        if (data < 0 || data > DATA) {
            throw new SeccompException(field + ": errnoRet " + data + " is not from 0 to " + DATA);
        }
        return action | data;
    }

    private static Set<Integer> architectures(List<String> names) throws SeccompException {
        Set<Integer> tokens = new TreeSet<>();
        // The library has it in every filter, and so do we: a profile without it would end every process.
        tokens.add(SeccompFilter.nativeArchitecture());
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            OptionalInt token = name.startsWith("SCMP_ARCH_")
                    ? SeccompFilter.architecture(
                            name.substring("SCMP_ARCH_".length()).toLowerCase(Locale.ROOT))
                    : OptionalInt.empty();
            if (token.isEmpty()) {
                throw new SeccompException("architectures[" + i + "]: \"" + name + "\" is unknown to libseccomp "
                        + SeccompFilter.version() + "; SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64 are such names");
            }
            tokens.add(token.getAsInt());
        }
        return tokens;
    }

    private static int flags(List<String> names) throws SeccompException {
        if (names.isEmpty()) {
            return SPEC_ALLOW;
        }
        int word = 0;
        for (int i = 0; i < names.size(); i++) {
            Integer flag = FLAGS.get(names.get(i));
            if (flag == null) {
                throw new SeccompException(
                        "flags[" + i + "]: \"" + names.get(i) + "\" is none of " + new TreeSet<>(FLAGS.keySet()));
            }
            word |= flag;
        }
        return word;
    }

    /** ENOSYS helps where a call would be denied otherwise: not where it is allowed, logged or traced, and not where it is the answer anyway. */
    private static boolean deniesWithoutNosys(String name, int action) {
        return switch (name) {
            case "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE" -> false;
            default -> action != (ERRNO | Prologue.ENOSYS);
        };
    }
}
