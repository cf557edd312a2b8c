package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The arithmetic of a bind mount's options: what {@code mount --bind -o} asks for, and what a user namespace lets us have of it. */
final class BindAttributes {
    private static final Set<MountOption> PLAIN = EnumSet.of(
            MountOption.RDONLY, MountOption.NOSUID, MountOption.NODEV, MountOption.NOEXEC, MountOption.NOSYMFOLLOW);

    private BindAttributes() {}

    /**
     * Sets on {@code tree} what the options ask for, and nothing else: an attribute of the source that is not asked for again is cleared. With
     * no option at all the source's attributes stay.
     *
     * @param tree not attached yet: no path leads to the mount before it has its attributes
     */
    static void apply(Fd tree, MountOptions options) throws IOException {
        if (options.requested().isEmpty() && options.cleared().isEmpty()) {
            return;
        }
        AttributeChange change = change(options.requested());
        try {
            Mounts.setAttributes(tree, change);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPERM) {
                throw e;
            }
            // In a user namespace the kernel locks what a mount came with. Then: its own attributes and the requested
            // on top.
            Set<MountOption> present =
                    MountOption.ofStatfs(Stat.fileSystem(tree).mountFlags());
            Mounts.setAttributes(tree, withLocked(options, present).orElseThrow(() -> withReason(e, options, present)));
        }
    }

    /** What is asked for in words the kernel takes; without any word about access times these stay as they are. */
    static AttributeChange change(Set<MountOption> requested) {
        Set<Attribute> set = MountOptions.attributesOf(requested);
        Set<Attribute> clear = EnumSet.noneOf(Attribute.class);
        for (MountOption option : PLAIN) {
            option.attribute().filter(attribute -> !set.contains(attribute)).ifPresent(clear::add);
        }
        if (requested.stream().noneMatch(MountOption.ACCESS_TIMES::contains)) {
            set.remove(Attribute.RELATIME);
        } else if (!set.contains(Attribute.NODIRATIME)) {
            clear.add(Attribute.NODIRATIME);
        }
        return new AttributeChange(set, clear, Optional.empty(), Optional.empty());
    }

    /**
     * The request with the locked attributes kept.
     *
     * @param present what the mount has
     * @return empty: the request would clear a locked attribute or change a locked way of access times, so nobody would get what he asked for
     */
    static Optional<AttributeChange> withLocked(MountOptions options, Set<MountOption> present) {
        if (!refused(options, present).isEmpty()) {
            return Optional.empty();
        }
        Set<MountOption> together = EnumSet.noneOf(MountOption.class);
        together.addAll(options.requested());
        present.stream().filter(MountOption.LOCKABLE::contains).forEach(together::add);
        return Optional.of(change(together));
    }

    private static Set<MountOption> refused(MountOptions options, Set<MountOption> present) {
        Set<MountOption> refused = EnumSet.noneOf(MountOption.class);
        for (MountOption option : MountOption.LOCKABLE) {
            boolean has = present.contains(option);
            if (has && options.cleared().contains(option)) {
                refused.add(option);
            }
        }
        Set<MountOption> asked = EnumSet.noneOf(MountOption.class);
        options.requested().stream().filter(MountOption.ACCESS_TIMES::contains).forEach(asked::add);
        Set<MountOption> locked = EnumSet.noneOf(MountOption.class);
        present.stream().filter(MountOption.ACCESS_TIMES::contains).forEach(locked::add);
        if (!asked.isEmpty() && !asked.equals(locked)) {
            refused.addAll(locked);
        }
        return refused;
    }

    private static ErrnoException withReason(ErrnoException e, MountOptions options, Set<MountOption> present) {
        return e.explained("the mount is locked as " + refused(options, present)
                + " in a user namespace: leave these options as they are");
    }
}
