package dev.fairlead.libcontainer.criu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A dump of a container's processes.
 *
 * @param init pid of the first
 * @param images directory for CRIU's images
 * @param work directory for its log and statistics
 * @param freezer the container's cgroup, as a directory: frozen already, and left so
 * @param external what lies outside of the container, in the form of {@code --external}
 */
public record DumpRequest(int init, Path images, Path work, Path freezer, List<String> external) {
    /** Its log, in {@code work}. */
    public static final String LOG = "dump.log";

    /** Of open files whose name is gone, up to this size: CRIU's own limit of 1 MiB would refuse many a container. */
    private static final String DELETED_FILE_LIMIT = "1G";

    public DumpRequest {
        external = List.copyOf(external);
    }

    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of(
                "dump",
                "--tree",
                Integer.toString(init),
                "--images-dir",
                images.toString(),
                "--work-dir",
                work.toString(),
                "--log-file",
                LOG,
                "-v4",
                "--leave-running",
                "--freeze-cgroup",
                freezer.toString(),
                // Ours to make and to limit; whoever restores does it in a cgroup of his own.
                "--manage-cgroups=ignore",
                "--tcp-established",
                "--ext-unix-sk",
                "--file-locks",
                "--ghost-limit",
                DELETED_FILE_LIMIT));
        for (String resource : external) {
            arguments.add("--external");
            arguments.add(resource);
        }
        return arguments;
    }
}
