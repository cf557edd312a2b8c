package dev.fairlead.pod;

import dev.fairlead.cri.v1.Mount;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The host's side of a container's mounts. */
final class MountSources {
    private static final Pattern OF_A_PROCESS = Pattern.compile("/proc/[0-9]+/.*");

    private MountSources() {}

    /**
     * Makes a directory of each source that is missing: a hostPath volume without a type relies on its runtime for that, as Docker did it
     * once, and containerd and CRI-O do. Not below /proc/PID: what is missing there is a process or a descriptor, and whoever mounts it says which.
     * @throws InvalidConfigException it can't be made; names the mount
     */
    static void ensure(List<Mount> mounts) throws InvalidConfigException {
        for (int i = 0; i < mounts.size(); i++) {
            String source = mounts.get(i).getHostPath();
            if (source.isEmpty() || source.indexOf('\0') >= 0) {
                continue;
            }
            if (OF_A_PROCESS.matcher(source).matches() || Files.exists(Path.of(source))) {
                continue;
            }
            try {
                Files.createDirectories(Path.of(source));
            } catch (IOException e) {
                throw new InvalidConfigException(
                        "mounts[" + i + "].host_path: " + source
                                + " does not exist, and no directory can be made there (" + e.getMessage()
                                + "); correct the path, or make what should be mounted",
                        e);
            }
        }
    }
}
