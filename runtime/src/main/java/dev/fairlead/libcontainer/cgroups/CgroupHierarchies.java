package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.KernelFiles;
import dev.fairlead.oci.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The cgroup hierarchies that are mounted in this mount namespace, as seen from this process's cgroup namespace. Immutable: what is mounted
 * does not change under a running node.
 */
public final class CgroupHierarchies {
    /** How a node's controllers are laid out. */
    public enum Mode {
        /** Every controller has a v1 hierarchy. */
        LEGACY,
        /** As {@link #LEGACY}, with a v2 hierarchy beside, which may hold the controllers that v1 does not use. */
        HYBRID,
        /** One v2 hierarchy for all. */
        UNIFIED
    }

    private final List<Hierarchy> hierarchies;

    private CgroupHierarchies(Collection<Hierarchy> hierarchies) {
        this.hierarchies = List.copyOf(hierarchies);
    }

    /**
     * Reads /proc/self/mountinfo and /proc/self/cgroup.
     * @throws CgroupException no cgroup hierarchy is mounted
     * @throws IOException procfs cannot be read
     */
    public static CgroupHierarchies detect() throws IOException {
        return parse(
                Files.readAllLines(Path.of("/proc/self/mountinfo")),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                CgroupHierarchies::isVisible,
                CgroupHierarchies::controllersOf);
    }

    static CgroupHierarchies parse(
            List<String> mountinfo,
            List<String> membership,
            Predicate<CgroupMount> visible,
            Function<Path, Set<String>> unifiedControllers)
            throws CgroupException {
        Map<String, String> paths = new HashMap<>();
        for (String line : membership) {
            // 4:memory:/path, 9:name=systemd:/path, 0::/path (the v2 hierarchy)
            String[] fields = line.split(":", 3);
            if (fields.length == 3) {
                paths.put(key(Arrays.asList(fields[1].split(",", -1))), fields[2]);
            }
        }
        // The first mount that shows the directory we are in: others of the same hierarchy are views for containers.
        Map<String, Hierarchy> found = new LinkedHashMap<>();
        for (String line : mountinfo) {
            CgroupMount mount = CgroupMount.parse(line).filter(visible).orElse(null);
            if (mount == null) {
                continue;
            }
            String key = key(mount.names());
            Optional<Path> own = Optional.ofNullable(paths.get(key)).flatMap(mount::locate);
            Hierarchy known = found.get(key);
            if (known != null && (known.own().isPresent() || own.isEmpty())) {
                continue;
            }
            Set<String> controllers = mount.unified()
                    ? unifiedControllers.apply(mount.mountPoint())
                    : Set.copyOf(mount.names().stream()
                            .filter(name -> !name.startsWith("name="))
                            .toList());
            found.put(key, new Hierarchy(mount.mountPoint(), own, controllers, mount.unified()));
        }
        if (found.isEmpty()) {
            throw new CgroupException(
                    "no cgroup hierarchy is mounted; cgroup v2 is mounted by: mount -t cgroup2 none /sys/fs/cgroup");
        }
        return new CgroupHierarchies(found.values());
    }

    /** The order of names differs between the two files. */
    private static String key(Collection<String> names) {
        return String.join(",", new TreeSet<>(names));
    }

    /** A later mount may lie over this one, or over a directory above it: then the file at its path is another device's. */
    private static boolean isVisible(CgroupMount mount) {
        try {
            long device = (Long) Files.getAttribute(mount.mountPoint(), "unix:dev");
            long major = device >>> 8 & 0xfff;
            long minor = (device & 0xff) | (device >>> 12 & 0xfff00);
            return mount.device().equals(major + ":" + minor);
        } catch (IOException e) {
            return false;
        }
    }

    private static Set<String> controllersOf(Path mountPoint) {
        try {
            String names = KernelFiles.read(mountPoint + "/cgroup.controllers").strip();
            return names.isEmpty() ? Set.of() : Set.of(names.split(" ", -1));
        } catch (IOException e) {
            return Set.of();
        }
    }

    /** How this node's controllers are laid out. */
    public Mode mode() {
        if (unified().isEmpty()) {
            return Mode.LEGACY;
        }
        return hierarchies.size() == 1 ? Mode.UNIFIED : Mode.HYBRID;
    }

    /** The controllers to be had, by the kernel's names ("memory", "io", "name=..." not among them). */
    public Set<String> controllers() {
        Set<String> controllers = new TreeSet<>();
        hierarchies.forEach(hierarchy -> controllers.addAll(hierarchy.controllers()));
        return controllers;
    }

    /**
     * Makes a cgroup in every hierarchy, with its missing ancestors, and limits it. Where a step fails, what was made is removed again.
     * Ancestors that had to be made go with the last cgroup in them; those that were there stay.
     *
     * @param path absolute: from the root of each hierarchy. Relative: from this process's own cgroup. An existing cgroup without
     *     processes of its own is taken over
     * @param limits see {@link Cgroup#apply}
     * @param warnings takes a sentence for each limit that cannot be had here and may be missed
     * @throws CgroupException what the kernel refused; processes are in a cgroup of that path
     */
    public Cgroup create(String path, Resources limits, Consumer<String> warnings) throws CgroupException {
        Cgroup cgroup = Cgroup.at(path, hierarchies);
        cgroup.make(limits, warnings);
        return cgroup;
    }

    /**
     * Gives the cgroup at {@code path}, as created before, perhaps by a daemon that is gone.
     * @throws CgroupException it is not there
     */
    public Cgroup open(String path) throws CgroupException {
        Cgroup cgroup = at(path);
        if (!cgroup.exists()) {
            throw new CgroupException("cgroup " + path + " does not exist");
        }
        return cgroup;
    }

    /**
     * Gives the cgroup at {@code path}, whether or not it is there: for cleaning up after a daemon that was cut off, since
     * {@link Cgroup#kill} and {@link Cgroup#remove} do nothing about what is gone, and remove what is left in some of the hierarchies.
     */
    public Cgroup at(String path) throws CgroupException {
        return Cgroup.at(path, hierarchies);
    }

    Optional<Hierarchy> unified() {
        return hierarchies.stream().filter(Hierarchy::unified).findFirst();
    }

    List<Hierarchy> all() {
        return new ArrayList<>(hierarchies);
    }
}
