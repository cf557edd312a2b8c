package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the host has its cgroups mounted and which of them are the container's: what getCgroupMounts of libcontainer finds out.
 *
 * @param unified /sys/fs/cgroup is a cgroup v2 hierarchy; not so on a hybrid host
 * @param v1 the hierarchies of cgroup v1
 * @param v2Path of the container's cgroup below the v2 hierarchy, as the host sees it
 */
record MountedCgroups(boolean unified, List<Hierarchy> v1, Optional<String> v2Path) {
    static final String UNIFIED_MOUNT = "/sys/fs/cgroup";

    private static final KnownCgroupMounts V1_MOUNTS = new KnownCgroupMounts();

    /**
     * A hierarchy of cgroup v1.
     *
     * @param mountPoint on the host
     * @param options that mount it anew: its controllers, or {@code name=systemd}
     * @param own directory of the container's cgroup on the host
     */
    record Hierarchy(String mountPoint, List<String> options, String own) {
        /** The last part of its mount point, which is its name inside too. */
        String name() {
            return mountPoint.substring(mountPoint.lastIndexOf('/') + 1);
        }
    }

    /**
     * Reads them as this thread's mount and cgroup namespaces have them.
     * @param pid of the container's init
     */
    static MountedCgroups of(int pid) throws IOException {
        boolean unified = isUnified();
        return parse(
                unified,
                unified ? List.of() : V1_MOUNTS.get(),
                Files.readAllLines(Path.of("/proc/" + pid + "/cgroup")));
    }

    private static boolean isUnified() throws IOException {
        try (Fd mount = Openat.open(Fd.CWD, UNIFIED_MOUNT, EnumSet.of(OpenFlag.PATH), 0)) {
            return Stat.fileSystem(mount).magic() == Stat.CGROUP2_SUPER_MAGIC;
        }
    }

    /**
     * Combines mountinfo and cgroup of proc(5).
     * @param groups lines {@code ID:CONTROLLERS:PATH}
     */
    static MountedCgroups parse(boolean unified, List<MountInfo> mounts, List<String> groups) throws IOException {
        Map<String, String> paths = new HashMap<>();
        for (String line : groups) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3) {
                Arrays.stream(fields[1].split(",", -1)).forEach(controller -> paths.put(controller, fields[2]));
            }
        }
        List<Hierarchy> hierarchies = new ArrayList<>();
        Set<List<String>> seen = new HashSet<>();
        for (MountInfo mount : mounts) {
            if (!mount.type().equals("cgroup")) {
                continue;
            }
            List<String> own =
                    mount.superOptions().stream().filter(paths::containsKey).toList();
            // The same hierarchy may be mounted again elsewhere: the first place counts. A mount whose root lies above
            // our cgroup namespace came
            // from the namespace around it, and mostly lies below another mount by now (cgroup_namespaces(7)).
            if (!mount.root().startsWith("/..") && !own.isEmpty() && seen.add(own)) {
                String group = paths.getOrDefault(own.getFirst(), "/");
                hierarchies.add(
                        new Hierarchy(mount.mountPoint(), own, mount.mountPoint() + below(mount.root(), group)));
            }
        }
        return new MountedCgroups(unified, List.copyOf(hierarchies), Optional.ofNullable(paths.get("")));
    }

    /** The part of {@code group} below {@code root}, which is what the mount shows. */
    private static String below(String root, String group) throws IOException {
        if (root.equals("/")) {
            return group.equals("/") ? "" : group;
        }
        if (!group.equals(root) && !group.startsWith(root + "/")) {
            throw new IOException("cgroup " + group + " is not below " + root + ", which the host has mounted");
        }
        return group.substring(root.length());
    }
}
