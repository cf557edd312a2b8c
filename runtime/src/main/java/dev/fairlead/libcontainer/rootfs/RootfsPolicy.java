package dev.fairlead.libcontainer.rootfs;

/**
 * What an operator has decided for all root file systems of a node.
 *
 * @param foreignMounts whether a bind source below /proc/PID may lie on a mount of that process' mount namespace: the daemon then goes there
 *     to copy it. Off: only what the host's mount namespace has
 */
public record RootfsPolicy(boolean foreignMounts) {
    /** The safe choices. */
    public static final RootfsPolicy DEFAULT = new RootfsPolicy(false);
}
