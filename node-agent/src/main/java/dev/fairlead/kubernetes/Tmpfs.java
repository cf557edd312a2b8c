package dev.fairlead.kubernetes;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Mounts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.OptionalLong;

/** Volumes in memory. They are mounted here, in the node's mount namespace, as the kubelet does: the daemon binds them from there. */
final class Tmpfs {
    private Tmpfs() {}

    /** @param bytes its limit; without one, the kernel's: half of the memory */
    static void mount(Path directory, OptionalLong bytes) throws IOException {
        String options = bytes.isPresent() ? "size=" + bytes.getAsLong() : "";
        Mounts.mount(
                "tmpfs",
                directory.toString(),
                "tmpfs",
                EnumSet.of(Mounts.MountFlag.NOSUID, Mounts.MountFlag.NODEV),
                options);
    }

    /** Takes a mount away; one that is gone already is no failure. */
    static void unmount(Path target) throws IOException {
        try {
            // Not waiting for the last user: whoever still holds a file of it keeps it, and nobody else finds it.
            Mounts.unmount(target.toString(), EnumSet.of(Mounts.UnmountFlag.DETACH, Mounts.UnmountFlag.NOFOLLOW));
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }
}
