package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.Namespaces.Kind;
import java.util.Arrays;
import java.util.Set;

/**
 * A kernel parameter that belongs to a namespace (sysctl(8)); others would change the whole node and are refused.
 *
 * @param name as it was asked for
 * @param value as it is written
 * @param path below /proc/sys
 * @param kind the namespace that it belongs to
 */
public record Sysctl(String name, String value, String path, Kind kind) {
    private static final Set<String> OF_IPC = Set.of(
            "kernel/msgmax",
            "kernel/msgmnb",
            "kernel/msgmni",
            "kernel/sem",
            "kernel/shmall",
            "kernel/shmmax",
            "kernel/shmmni",
            "kernel/shm_rmid_forced");

    /**
     * Judges a parameter.
     *
     * @param name with dots or slashes; with slashes, a dot is part of a name, as in {@code net/ipv4/conf/eth0.100/forwarding}
     * @throws IllegalArgumentException it belongs to no namespace, or is no name
     */
    public static Sysctl of(String name, String value) {
        String path = path(name);
        if (name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0 || value.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("sysctl " + printable(name) + ": a NUL or a line break in it");
        }
        if (Arrays.stream(path.split("/", -1))
                .anyMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."))) {
            throw new IllegalArgumentException("sysctl " + name + ": no name of a kernel parameter");
        }
        if (path.equals("kernel/hostname")) {
            throw new IllegalArgumentException("sysctl " + name + ": set the pod's hostname instead");
        }
        return new Sysctl(name, value, path, kind(name, path));
    }

    private static Kind kind(String name, String path) {
        if (path.startsWith("net/")) {
            return Kind.NETWORK;
        }
        if (OF_IPC.contains(path) || path.startsWith("fs/mqueue/")) {
            return Kind.IPC;
        }
        if (path.equals("kernel/domainname")) {
            return Kind.UTS;
        }
        throw new IllegalArgumentException("sysctl " + name
                + ": it is not namespaced, setting it would change the whole node; allowed are net.*, fs.mqueue.*, kernel.msg*, kernel.sem,"
                + " kernel.shm* and kernel.domainname");
    }

    /** The first separator decides, as sysctl(8) has it: after a slash, dots are literal. */
    private static String path(String name) {
        int dot = name.indexOf('.');
        int slash = name.indexOf('/');
        if (slash >= 0 && (dot < 0 || slash < dot)) {
            return name;
        }
        StringBuilder swapped = new StringBuilder(name.length());
        name.chars().forEach(c -> swapped.append(c == '.' ? '/' : c == '/' ? '.' : (char) c));
        return swapped.toString();
    }

    private static String printable(String text) {
        return text.replace("\0", "\\0").replace("\n", "\\n");
    }
}
