package dev.fairlead.e2e.runc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The mounts of the node when a container starts: what a container shares with it.
 *
 * @param devices of its file systems and, as many numbers are given out anew, the path of the first mount of each
 * @param groups its peer groups, named in the same way
 */
record HostMounts(Map<String, String> devices, Map<String, String> groups) {
    static HostMounts now() throws IOException {
        Map<String, String> devices = new HashMap<>();
        Map<String, String> groups = new HashMap<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mountinfo"))) {
            MountInfo mount = MountInfo.parse(line);
            devices.putIfAbsent(mount.device(), mount.point());
            for (String field : mount.propagation()) {
                if (field.startsWith("shared:")) {
                    groups.putIfAbsent(field.substring("shared:".length()), mount.point());
                }
            }
        }
        return new HostMounts(devices, groups);
    }
}
