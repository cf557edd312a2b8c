package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Mounts.Propagation;
import java.io.IOException;

/** Attaches bind mounts: libcontainer's mountToRootfs, "bind". */
final class BindMounts {
    private static final System.Logger LOG = System.getLogger(BindMounts.class.getName());
    private static final long PROC_ROOT_INODE = 1;

    private final Rootfs rootfs;
    private final Propagation base;

    BindMounts(Rootfs rootfs, Propagation base) {
        this.rootfs = rootfs;
        this.base = base;
    }

    void attach(BindSource source) throws IOException {
        // All attributes before any path leads here: between a bind and its remount a setuid file could be run.
        source.configure(base);
        try (MountTarget target = MountTarget.of(rootfs, source)) {
            target.attach(source.tree());
            if (target.path().equals("/proc") && source.status().inode() != PROC_ROOT_INODE) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: its source is a part of a procfs, not the root of one",
                        source.entry().describe());
            }
        }
    }
}
