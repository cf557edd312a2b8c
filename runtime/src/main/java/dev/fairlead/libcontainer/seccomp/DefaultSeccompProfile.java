package dev.fairlead.libcontainer.seccomp;

import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.linux.Flag;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.SeccompArg;
import dev.fairlead.oci.SeccompSyscall;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The profile of RuntimeDefault: what Docker and containerd allow by default, which depends on the container's capabilities, as some system
 * calls are of use only with one. Data: default.profile beside this class.
 */
public final class DefaultSeccompProfile {
    /** The data, for an image that has to be told of resources. */
    public static final String RESOURCE = "dev/fairlead/libcontainer/seccomp/default.profile";

    private static final int ENOSYS = 38;

    /** The 32-bit modes that each kernel runs too. */
    private static final Map<String, List<String>> ARCHITECTURES = Map.of(
            "x86_64", List.of("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
            "aarch64", List.of("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"));

    /** Sets of capabilities are few on a node; more than this, and the one unused for longest is made again. */
    private static final int CACHED = 64;

    private static final Map<Long, Seccomp> CACHE = new RecentlyUsed<>(CACHED);

    private DefaultSeccompProfile() {}

    /** For a container on this machine, whose bounding set is {@code capabilities}; the same object for the same set, mostly. */
    public static Seccomp of(Set<Capability> capabilities) {
        synchronized (CACHE) {
            return CACHE.computeIfAbsent(Flag.word(capabilities), mask -> of(capabilities, machine()));
        }
    }

    static Seccomp of(Set<Capability> capabilities, String architecture) {
        TreeSet<String> names = new TreeSet<>();
        List<SeccompSyscall> conditional = new ArrayList<>();
        boolean counts = false;
        for (String line : Data.LINES) {
            if (line.startsWith("[")) {
                counts = counts(line.substring(1, line.length() - 1), capabilities, architecture);
            } else if (counts) {
                add(line, names, conditional);
            }
        }
        // With the capability there is no condition any more; the library would take both rules, but the second says
        // nothing.
        conditional.removeIf(rule -> names.containsAll(rule.names()));
        List<SeccompSyscall> rules = new ArrayList<>();
        rules.add(new SeccompSyscall(List.copyOf(names), "SCMP_ACT_ALLOW", null, List.of(), Map.of()));
        rules.addAll(conditional);
        return new Seccomp(
                "SCMP_ACT_ERRNO",
                null,
                ARCHITECTURES.getOrDefault(architecture, List.of()),
                List.of(),
                null,
                null,
                rules,
                Map.of());
    }

    private static boolean counts(String section, Set<Capability> capabilities, String architecture) {
        String[] words = section.split(" ", -1);
        return switch (words[0]) {
            case "always" -> true;
            case "arch" -> words[1].equals(architecture);
            case "capability" -> capabilities.contains(Capability.of(words[1]));
            case "without" -> !capabilities.contains(Capability.of(words[2]));
            default -> throw new IllegalStateException(RESOURCE + ": [" + section + ']');
        };
    }

    private static void add(String line, Set<String> names, List<SeccompSyscall> conditional) {
        String[] words = line.split(" ", -1);
        if (words.length == 3 && words[1].equals("->") && words[2].equals("ENOSYS")) {
            conditional.add(rule(words[0], "SCMP_ACT_ERRNO", ENOSYS, List.of()));
        } else if (words.length > 1 && words[1].equals("a0")) {
            conditional.add(rule(words[0], "SCMP_ACT_ALLOW", null, List.of(condition(line, words))));
        } else {
            names.addAll(List.of(words));
        }
    }

    private static SeccompArg condition(String line, String[] words) {
        long value = Long.decode(words[3]);
        return switch (words[2]) {
            case "<" -> new SeccompArg(0, value, null, "SCMP_CMP_LT", Map.of());
            case "==" -> new SeccompArg(0, value, null, "SCMP_CMP_EQ", Map.of());
            case "&" -> new SeccompArg(0, value, Long.decode(words[5]), "SCMP_CMP_MASKED_EQ", Map.of());
            default -> throw new IllegalStateException(RESOURCE + ": " + line);
        };
    }

    private static SeccompSyscall rule(String name, String action, @Nullable Integer errno, List<SeccompArg> args) {
        return new SeccompSyscall(List.of(name), action, errno, args, Map.of());
    }

    private static String machine() {
        String name = System.getProperty("os.arch", "");
        return name.equals("amd64") ? "x86_64" : name;
    }

    /** Read when first asked for. */
    private static final class Data {
        private static final List<String> LINES = read();

        private static List<String> read() {
            try (InputStream resource = DefaultSeccompProfile.class.getResourceAsStream("/" + RESOURCE)) {
                if (resource == null) {
                    throw new IllegalStateException("resource " + RESOURCE + " is missing");
                }
                return new String(resource.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> !line.isBlank() && !line.startsWith("#"))
                        .toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
