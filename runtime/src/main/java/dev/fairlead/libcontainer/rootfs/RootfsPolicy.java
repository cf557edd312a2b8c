package dev.fairlead.libcontainer.rootfs;

/**
 * What an operator has decided for all root file systems of a node.
 *
 * @param noPivotRoot whether the root is put over that of the mount namespace, and init changes into it by chroot(2) instead of pivot_root(2):
 *     for hosts whose root is a ramfs, which cannot be put away. A weaker wall: the host's mounts stay below it
 * @param foreignMounts whether a bind source below /proc/PID may lie on a mount of that process' mount namespace: the daemon then goes there
 *     to copy it. Off: only what the host's mount namespace has
 */
public record RootfsPolicy(boolean noPivotRoot, boolean foreignMounts) {
    /** The safe choices. */
    public static final RootfsPolicy DEFAULT = new RootfsPolicy(false, false);
}
