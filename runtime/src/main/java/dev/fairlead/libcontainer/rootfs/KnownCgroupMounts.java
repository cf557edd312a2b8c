package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Stat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

/**
 * The mounts of cgroup v1 in this thread's mount namespace. The mount table has some lines for each pod of the node, and is written anew by the
 * kernel for each reader, while these mounts stay from one boot to the next. So what was found is kept as long as each of them is where it was, and
 * no directory was made or removed beside them.
 */
final class KnownCgroupMounts {
    private final AtomicReference<Optional<Found>> last = new AtomicReference<>(Optional.empty());

    /**
     * What was read, and what tells that it still holds.
     *
     * @param parents when a directory was last changed in which such mounts lie, by path
     */
    private record Found(List<MountInfo> mounts, Map<String, Instant> parents) {
        Found {
            mounts = List.copyOf(mounts);
            parents = Map.copyOf(parents);
        }

        boolean holds() throws ErrnoException {
            for (MountInfo mount : mounts) {
                if (!isReachable(mount)) {
                    return false;
                }
            }
            return parents.equals(changes(mounts));
        }
    }

    /** Whether it is what its mount point leads to: another may lie over it. */
    private static boolean isReachable(MountInfo mount) throws ErrnoException {
        return status(mount.mountPoint())
                .filter(now -> now.mountRoot() && now.mountId() == mount.id())
                .isPresent();
    }

    /** Gives them in the order of the table, without those that lie under another mount, and reads the table only where it has to. */
    List<MountInfo> get() throws ErrnoException {
        Optional<Found> known = last.get();
        if (known.isPresent() && known.get().holds()) {
            return known.get().mounts();
        }
        List<MountInfo> mounts = new ArrayList<>();
        for (MountInfo mount : MountInfo.of("thread-self")) {
            if (mount.type().equals("cgroup") && isReachable(mount)) {
                mounts.add(mount);
            }
        }
        Found found = new Found(mounts, changes(mounts));
        last.set(Optional.of(found).filter(_ -> !mounts.isEmpty()));
        return found.mounts();
    }

    private static Map<String, Instant> changes(List<MountInfo> mounts) throws ErrnoException {
        Map<String, Instant> changes = new HashMap<>();
        for (String parent : mounts.stream()
                .map(mount -> mount.mountPoint().substring(0, mount.mountPoint().lastIndexOf('/') + 1))
                .collect(Collectors.toSet())) {
            changes.put(parent, status(parent).map(Stat.Status::modified).orElse(Instant.EPOCH));
        }
        return changes;
    }

    /** Empty: nothing is there, or what is there cannot be reached any more. */
    private static Optional<Stat.Status> status(String path) throws ErrnoException {
        try {
            return Optional.of(Stat.ofPath(path));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
