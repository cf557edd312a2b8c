package dev.fairlead.libcontainer.cgroups;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A mounted cgroup hierarchy.
 *
 * @param mountPoint its root, as far as we can see it
 * @param own the directory that this process is in; empty where it lies outside of what is mounted
 * @param controllers by the kernel's names; a v1 hierarchy without any is a named one
 * @param unified whether it is the v2 hierarchy
 */
record Hierarchy(Path mountPoint, Optional<Path> own, Set<String> controllers, boolean unified) {
    Hierarchy {
        controllers = Set.copyOf(controllers);
    }

    /**
     * The directory of a cgroup path: an absolute one starts at the mount point, a relative one at our own cgroup.
     * @throws CgroupException a relative path where our own cgroup is out of sight, or a path with ".." or NUL
     */
    CgroupDirectory directory(String path) throws CgroupException {
        if (path.indexOf('\0') >= 0) {
            throw CgroupException.invalid("cgroup path " + path.replace("\0", "\\0") + ": a NUL character in it");
        }
        Path name = Path.of(path);
        for (Path part : name) {
            if (part.toString().equals("..")) {
                throw CgroupException.invalid("cgroup path " + path + ": \"..\" would lead out of it");
            }
        }
        if (name.isAbsolute()) {
            return new CgroupDirectory(
                    mountPoint.resolve(Path.of("/").relativize(name)).normalize());
        }
        if (name.normalize().toString().isEmpty()) {
            throw CgroupException.invalid("cgroup path \"" + path + "\": that is the cgroup of this process itself");
        }
        Path base = own.orElseThrow(() -> CgroupException.invalid("cgroup path " + path
                + ": relative, but the cgroup of this process is not below " + mountPoint + "; use an absolute one"));
        return new CgroupDirectory(base.resolve(name).normalize());
    }
}
