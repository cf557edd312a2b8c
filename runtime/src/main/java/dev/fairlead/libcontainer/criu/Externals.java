package dev.fairlead.libcontainer.criu;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a container has that is not its own, and CRIU must not try to save: it is there again when the container is restored.
 *
 * @param mounts mount points, which are their keys too
 * @param namespaces in the form of {@code --external}
 * @param stdio what the first process has as 0, 1, 2, as /proc has it: a pipe to the daemon where it is one
 * @param terminals in the form of {@code --external}
 */
public record Externals(List<String> mounts, List<String> namespaces, List<String> stdio, List<String> terminals) {
    /** File systems that CRIU makes anew. */
    private static final Set<String> RESTORABLE = Set.of("proc", "sysfs", "tmpfs", "devpts", "mqueue");

    /** Namespaces that CRIU cannot save, or must not: those that the pod has made. It joins the others anew when it restores. */
    private static final Set<Kind> EXTERNAL = Set.of(Kind.NETWORK, Kind.PID);

    public Externals {
        mounts = List.copyOf(mounts);
        namespaces = List.copyOf(namespaces);
        stdio = List.copyOf(stdio);
        terminals = List.copyOf(terminals);
    }

    /** Those of a running container. */
    public static Externals of(ProcessId init, Linux linux) throws IOException {
        List<String> stdio = stdio(init.pid());
        return new Externals(
                mounts(MountInfo.of("self"), MountInfo.of(Integer.toString(init.pid()))),
                namespaces(init.pid(), linux),
                stdio,
                stdio.stream()
                        .filter(name -> name.startsWith("tty["))
                        .distinct()
                        .toList());
    }

    /** Mounts of file systems that the host knows, by their device, and of those that CRIU cannot make. */
    static List<String> mounts(List<MountInfo> host, List<MountInfo> container) {
        Set<String> known = new HashSet<>(host.stream().map(MountInfo::device).toList());
        return container.stream()
                .filter(mount -> !mount.mountPoint().equals("/"))
                .filter(mount -> known.contains(mount.device()) || !RESTORABLE.contains(mount.type()))
                .map(MountInfo::mountPoint)
                .distinct()
                .toList();
    }

    private static List<String> namespaces(int pid, Linux linux) throws IOException {
        List<String> namespaces = new ArrayList<>();
        for (Namespace namespace : linux.namespaces()) {
            Kind kind = Kind.ofOciName(namespace.type()).orElseThrow();
            if (namespace.path() != null && EXTERNAL.contains(kind)) {
                Object inode = Files.getAttribute(Path.of("/proc/" + pid + "/ns/" + kind.file()), "unix:ino");
                namespaces.add(kind.file() + "[" + inode + "]:" + key(kind));
            }
        }
        return namespaces;
    }

    /** By which CRIU is told of the namespace again. */
    static String key(Kind kind) {
        String name = kind.file();
        return "extRoot" + Character.toUpperCase(name.charAt(0)) + name.substring(1) + "NS";
    }

    private static List<String> stdio(int pid) throws IOException {
        List<String> names = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            Path descriptor = Path.of("/proc/" + pid + "/fd/" + number);
            try {
                names.add(isTerminal(descriptor) ? terminal(descriptor) : readLink(descriptor));
            } catch (NoSuchFileException e) {
                names.add(""); // the program has closed it
            }
        }
        return names;
    }

    private static String readLink(Path descriptor) throws IOException {
        return Files.readSymbolicLink(descriptor).toString();
    }

    private static boolean isTerminal(Path descriptor) throws IOException {
        String target = readLink(descriptor);
        return target.startsWith("/dev/pts/") || target.equals("/dev/console");
    }

    private static String terminal(Path descriptor) throws IOException {
        long rdev = ((Number) Files.getAttribute(descriptor, "unix:rdev")).longValue();
        long dev = ((Number) Files.getAttribute(descriptor, "unix:dev")).longValue();
        return "tty[" + Long.toHexString(rdev) + ":" + Long.toHexString(dev) + "]";
    }

    /** All of them for {@code criu dump}. */
    public List<String> forDump() {
        List<String> all = new ArrayList<>(namespaces);
        mounts.forEach(mount -> all.add("mnt[" + mount + "]:" + mount));
        all.addAll(terminals);
        return all;
    }
}
