package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Mounts.Attribute;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A generic mount option (mount(8), file-system-independent): what statfs(2) says of it and where the mount API takes it, as an attribute
 * of the mount or as a flag of the superblock.
 */
enum MountOption {
    RDONLY(0x1, Attribute.RDONLY, "ro"),
    NOSUID(0x2, Attribute.NOSUID, ""),
    NODEV(0x4, Attribute.NODEV, ""),
    NOEXEC(0x8, Attribute.NOEXEC, ""),
    NOSYMFOLLOW(0x2000, Attribute.NOSYMFOLLOW, ""),
    NOATIME(0x400, Attribute.NOATIME, ""),
    NODIRATIME(0x800, Attribute.NODIRATIME, ""),
    RELATIME(0x1000, Attribute.RELATIME, ""),
    /** No flag of statfs(2): a mount without the other two is one. */
    STRICTATIME(0, Attribute.STRICTATIME, ""),
    SYNCHRONOUS(0x10, null, "sync"),
    DIRSYNC(0, null, "dirsync"),
    MANDLOCK(0x40, null, "mand"),
    LAZYTIME(0, null, "lazytime"),
    /** What is said in the kernel's log; fsconfig(2) has no word for it. */
    SILENT(0, null, ""),
    /** Kept for fstab's sake; the kernel has no use for it any more. */
    IVERSION(0, null, ""),
    POSIXACL(0, null, "");

    /** The ways of access times, of which a mount has one. */
    static final Set<MountOption> ACCESS_TIME_WAYS = Set.of(NOATIME, RELATIME, STRICTATIME);

    /** All that is about access times. */
    static final Set<MountOption> ACCESS_TIMES = Set.of(NOATIME, RELATIME, STRICTATIME, NODIRATIME);

    /** What a mount that came from another user namespace keeps: MNT_LOCK_* of the kernel. */
    static final Set<MountOption> LOCKABLE =
            Set.of(RDONLY, NOSUID, NODEV, NOEXEC, NOATIME, RELATIME, STRICTATIME, NODIRATIME);

    private final long statfsBit;
    private final @Nullable Attribute attribute;
    private final String superblockFlag;

    MountOption(long statfsBit, @Nullable Attribute attribute, String superblockFlag) {
        this.statfsBit = statfsBit;
        this.attribute = attribute;
        this.superblockFlag = superblockFlag;
    }

    /** Of one mount. */
    Optional<Attribute> attribute() {
        return Optional.ofNullable(attribute);
    }

    /** Of the file system, for fsconfig(2); empty: none. */
    String superblockFlag() {
        return superblockFlag;
    }

    /** The options of a mount by f_flags of statfs(2). */
    static Set<MountOption> ofStatfs(long flags) {
        Set<MountOption> options = EnumSet.noneOf(MountOption.class);
        for (MountOption option : values()) {
            if (option.statfsBit != 0 && (flags & option.statfsBit) != 0) {
                options.add(option);
            }
        }
        if (!options.contains(NOATIME) && !options.contains(RELATIME)) {
            options.add(STRICTATIME);
        }
        return options;
    }
}
