package dev.fairlead.pod;

import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;

/** The shared memory of a pod: one tmpfs that all of its containers see at /dev/shm. */
final class PodShm {
    private static final String SIZE = "65536k";

    private PodShm() {}

    /**
     * Mounts it at {@code directory}, which is made.
     * @param ids of the pod's user namespace, whose root it shall belong to
     */
    static void mount(Path directory, Optional<IdMap> ids) throws IOException {
        Files.createDirectory(directory);
        try (Fd context = Mounts.fsopen("tmpfs")) {
            Mounts.setString(context, "source", "shm");
            Mounts.setString(context, "mode", "1777");
            Mounts.setString(context, "size", SIZE);
            if (ids.isPresent()) {
                Mounts.setString(
                        context, "uid", Integer.toUnsignedString(ids.get().uid(0)));
                Mounts.setString(
                        context, "gid", Integer.toUnsignedString(ids.get().gid(0)));
            }
            Mounts.createSuperblock(context);
            try (Fd shm = Mounts.fsmount(
                            context,
                            EnumSet.of(Mounts.Attribute.NOSUID, Mounts.Attribute.NODEV, Mounts.Attribute.NOEXEC));
                    Fd target = Openat.open(
                            Fd.CWD, directory.toString(), EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0)) {
                Mounts.attach(shm, target);
            }
        }
    }

    /** Unmounts it; nothing happens where it is not mounted. */
    static void unmount(Path directory) throws ErrnoException {
        try {
            Mounts.unmount(directory.toString(), EnumSet.of(Mounts.UnmountFlag.DETACH, Mounts.UnmountFlag.NOFOLLOW));
        } catch (ErrnoException e) {
            // EINVAL: no mount point. ENOENT: the directory was never made.
            if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }
}
