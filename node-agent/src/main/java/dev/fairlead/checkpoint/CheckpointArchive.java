package dev.fairlead.checkpoint;

/** Names in a checkpoint's archive, those of github.com/checkpoint-restore/checkpointctl. */
public final class CheckpointArchive {
    /** Directory of CRIU's images. */
    public static final String IMAGES = "checkpoint";

    /** Which container it was, made from which image: {@link CheckpointDescription}. */
    public static final String CONFIG = "config.dump";

    /** Its OCI configuration. */
    public static final String SPEC = "spec.dump";

    /** Its CRI status, as far as containerd reads it. */
    public static final String STATUS = "status.dump";

    /** A tar of what it has written into its root. */
    public static final String ROOT_DIFFERENCE = "rootfs-diff.tar";

    /** What it has removed from its image: a JSON list of paths. */
    public static final String DELETED = "deleted.files";

    /** Its log until then, as CRI-O calls it. */
    public static final String LOG = "io.kubernetes.cri-o.LogPath";

    /** In {@link #IMAGES}, as runc has it: what the first process has as 0, 1 and 2, a JSON list. */
    public static final String STDIO = "descriptors.json";

    /** In {@link #IMAGES}, ours: the mount points that are not saved, a JSON list. Without it, they are taken from the OCI configuration. */
    public static final String EXTERNAL_MOUNTS = "external-mounts.json";

    private CheckpointArchive() {}
}
