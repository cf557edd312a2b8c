package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.MountInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A line of /proc/self/mountinfo (proc_pid_mountinfo(5)) that mounts cgroups.
 *
 * @param device major:minor of its file system
 * @param root the directory of the hierarchy that is mounted, relative to the root of our cgroup namespace: "/.." is above that
 * @param names controllers or name=...; one empty name for v2, as /proc/self/cgroup has it
 */
record CgroupMount(String device, String root, Path mountPoint, List<String> names, boolean unified) {
    private static final String V1 = "cgroup";
    private static final String V2 = "cgroup2";

    /** Options of a v1 superblock that are no controllers. */
    private static final Set<String> OPTIONS = Set.of(
            "rw",
            "ro",
            "xattr",
            "noprefix",
            "clone_children",
            "cpuset_v2_mode",
            "favordynmods",
            "nofavordynmods",
            "none");

    /** The mount of a line; empty where it is no cgroup's. */
    static Optional<CgroupMount> parse(String line) {
        return MountInfo.parse(line)
                .filter(mount -> mount.type().equals(V2) || mount.type().equals(V1))
                .map(CgroupMount::of);
    }

    private static CgroupMount of(MountInfo mount) {
        boolean unified = mount.type().equals(V2);
        List<String> names = unified
                ? List.of("")
                : mount.superOptions().stream()
                        .filter(option -> !OPTIONS.contains(option) && !option.startsWith("release_agent="))
                        .toList();
        return new CgroupMount(mount.device(), mount.root(), Path.of(mount.mountPoint()), names, unified);
    }

    /**
     * Where a path of /proc/self/cgroup is seen in this mount.
     * @return empty where it lies outside
     */
    Optional<Path> locate(String path) {
        if (path.startsWith("/..") || root.startsWith("/..")) {
            return Optional.empty();
        }
        Path top = Path.of(root);
        Path place = Path.of(path);
        return place.startsWith(top)
                ? Optional.of(mountPoint.resolve(top.relativize(place)).normalize())
                : Optional.empty();
    }
}
