package dev.fairlead.libcontainer.criu;

import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Namespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A container that begins with processes of a checkpoint instead of a program.
 *
 * @param criu the program
 * @param images directory of CRIU's images
 * @param mounts keys of the mounts that are not in them, which are mount points: they are taken from the new container
 * @param stdio what the first process had as 0, 1 and 2, as {@link Externals#stdio} has it: pipes and terminals are the new container's
 */
public record RestoreRequest(Criu criu, Path images, List<String> mounts, List<String> stdio) {
    /** Its log, in the container's directory. */
    public static final String LOG = "restore.log";

    /** By these the launcher passes on stdio and the network namespace (protocol.h). */
    private static final int STDIN = 15;

    private static final int NETWORK = 18;

    /** Where the launcher looks for the pid of the first process. */
    private static final String PID_FILE = "restored.pid";

    /** The key of masked files in images by runc. */
    private static final String NULL = "/dev/null";

    public RestoreRequest {
        mounts = List.copyOf(mounts);
        stdio = List.copyOf(stdio);
    }

    /**
     * The command for the launcher, in the mount namespace of the new container.
     * @param root where its root is mounted, with all that belongs into it
     * @param work the container's directory
     */
    public List<String> command(Path root, Path work, Linux linux) {
        List<String> command = new ArrayList<>(List.of(
                criu.program().toString(),
                "restore",
                "--images-dir",
                images.toString(),
                "--work-dir",
                work.toString(),
                "--log-file",
                LOG,
                "-v4",
                "--root",
                root.toString(),
                "--pidfile",
                PID_FILE,
                "--restore-detached",
                // The warden's child, as every first process is.
                "--restore-sibling",
                // It begins in the new container's already.
                "--manage-cgroups=ignore",
                // Their other ends know nothing of a second process, and the address is another.
                "--tcp-close",
                "--ext-unix-sk",
                "--file-locks"));
        for (String mount : mounts) {
            command.addAll(List.of("--external", "mnt[" + mount + "]:" + root + mount));
        }
        if (!mounts.contains(NULL)) {
            command.addAll(List.of("--external", "mnt[" + NULL + "]:" + NULL));
        }
        addNamespaces(command, linux);
        addStdio(command);
        return command;
    }

    private static void addNamespaces(List<String> command, Linux linux) {
        for (Namespace namespace : linux.namespaces()) {
            Kind kind = Kind.ofOciName(namespace.type()).orElseThrow();
            String path = namespace.path();
            if (path != null && kind == Kind.NETWORK) {
                command.addAll(List.of("--inherit-fd", "fd[" + NETWORK + "]:" + Externals.key(kind)));
            } else if (path != null && (kind == Kind.IPC || kind == Kind.UTS)) {
                command.addAll(List.of("--join-ns", kind.file() + ":" + path));
            }
        }
    }

    private void addStdio(List<String> command) {
        Set<String> known = new HashSet<>();
        for (int i = 0; i < stdio.size(); i++) {
            String key = stdio.get(i);
            if ((key.startsWith("pipe:") || key.startsWith("tty[")) && known.add(key)) {
                command.addAll(List.of("--inherit-fd", "fd[" + (STDIN + i) + "]:" + key));
            }
        }
    }
}
