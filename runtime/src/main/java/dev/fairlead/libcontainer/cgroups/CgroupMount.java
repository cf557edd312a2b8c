package dev.fairlead.libcontainer.cgroups;

import java.nio.file.Path;
import java.util.Arrays;
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
        int separator = line.indexOf(" - ");
        if (separator < 0) {
            return Optional.empty();
        }
        String[] left = line.substring(0, separator).split(" ", -1);
        String[] right = line.substring(separator + 3).split(" ", 3);
        boolean unified = right[0].equals("cgroup2");
        if (left.length < 6 || right.length < 3 || (!unified && !right[0].equals("cgroup"))) {
            return Optional.empty();
        }
        List<String> names = unified
                ? List.of("")
                : Arrays.stream(right[2].split(",", -1))
                        .filter(option -> !OPTIONS.contains(option) && !option.startsWith("release_agent="))
                        .toList();
        return Optional.of(new CgroupMount(left[2], unescape(left[3]), Path.of(unescape(left[4])), names, unified));
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

    /** Blank, tab, newline and backslash are octal there. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\' && i + 3 < field.length()) {
                text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
