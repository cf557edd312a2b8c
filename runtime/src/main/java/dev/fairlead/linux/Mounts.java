package dev.fairlead.linux;

import java.io.ByteArrayOutputStream;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Mounts as descriptors: open_tree(2), fsopen(2), fsconfig(2), fsmount(2), move_mount(2), mount_setattr(2), and umount2(2). Linux 5.12; the
 * calling thread holds CAP_SYS_ADMIN over its mount namespace.
 */
public final class Mounts {
    private static final int OPEN_TREE = 428;
    private static final int MOVE_MOUNT = 429;
    private static final int FSOPEN = 430;
    private static final int FSCONFIG = 431;
    private static final int FSMOUNT = 432;
    private static final int FSPICK = 433;
    private static final int MOUNT_SETATTR = 442;

    private static final int OPEN_TREE_CLOEXEC = 0x80000;
    private static final int FSOPEN_CLOEXEC = 1;
    private static final int FSMOUNT_CLOEXEC = 1;
    private static final int FSPICK_CLOEXEC = 1;
    private static final int FSPICK_EMPTY_PATH = 8;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_RECURSIVE = 0x8000;
    private static final int MOUNT_ATTR_SIZE = 32;
    private static final int LOG_LINE = 1024;
    private static final int LOG_LINES = 16;

    private Mounts() {}

    /** What {@link #openTree} takes. One enum an argument: MS_*, ST_* and MOUNT_ATTR_* share values, not meanings. */
    public enum TreeFlag implements Flag {
        CLONE(0x1),
        SYMLINK_NOFOLLOW(0x100),
        NO_AUTOMOUNT(0x800),
        EMPTY_PATH(0x1000),
        RECURSIVE(0x8000);

        private final long bits;

        TreeFlag(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /** Attributes of one mount, MOUNT_ATTR_*. {@link #ATIME} is the field that the three ways of access times are values of. */
    public enum Attribute implements Flag {
        RDONLY(0x1),
        NOSUID(0x2),
        NODEV(0x4),
        NOEXEC(0x8),
        /** The mask of the field; legal only among what is cleared, and demanded there when the field is set. */
        ATIME(0x70),
        RELATIME(0x0),
        NOATIME(0x10),
        STRICTATIME(0x20),
        NODIRATIME(0x80),
        IDMAP(0x100000),
        NOSYMFOLLOW(0x200000);

        private final long bits;

        Attribute(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /** How mount events travel between mounts (mount_namespaces(7)); MS_* values, as mount_setattr(2) takes them. */
    public enum Propagation implements Flag {
        UNBINDABLE(1 << 17),
        PRIVATE(1 << 18),
        SLAVE(1 << 19),
        SHARED(1 << 20);

        private final long bits;

        Propagation(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /** What {@link #unmount} takes. */
    public enum UnmountFlag implements Flag {
        FORCE(1),
        DETACH(2),
        NOFOLLOW(8);

        private final long bits;

        UnmountFlag(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /** What {@link #mount} takes of the old flags. */
    public enum MountFlag implements Flag {
        RDONLY(0x1),
        NOSUID(0x2),
        NODEV(0x4),
        NOEXEC(0x8),
        BIND(0x1000),
        MOVE(0x2000),
        REC(0x4000);

        private final long bits;

        MountFlag(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /**
     * One call of mount_setattr(2).
     *
     * @param set attributes that are set
     * @param clear attributes that are cleared before; with a way of access times in {@code set}, {@link Attribute#ATIME} is added here
     * @param propagation type that the mounts get
     * @param userNamespace with {@link Attribute#IDMAP}: its mappings become those of the mounts
     */
    public record AttributeChange(
            Set<Attribute> set, Set<Attribute> clear, Optional<Propagation> propagation, Optional<Fd> userNamespace) {
        public AttributeChange {
            set = Set.copyOf(set);
            clear = Set.copyOf(clear);
        }

        /** Sets attributes and leaves the others. */
        public static AttributeChange set(Attribute... attributes) {
            return new AttributeChange(Set.of(attributes), Set.of(), Optional.empty(), Optional.empty());
        }

        /** Changes the propagation type alone. */
        public static AttributeChange propagation(Propagation propagation) {
            return new AttributeChange(Set.of(), Set.of(), Optional.of(propagation), Optional.empty());
        }

        /** Nothing would change. */
        public boolean isEmpty() {
            return set.isEmpty() && clear.isEmpty() && propagation.isEmpty();
        }

        private long setBits() {
            return Flag.word(set);
        }

        private long clearBits() {
            boolean accessTimes = set.contains(Attribute.RELATIME)
                    || set.contains(Attribute.NOATIME)
                    || set.contains(Attribute.STRICTATIME);
            return Flag.word(clear) | (accessTimes ? Attribute.ATIME.bits() : 0);
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            set.stream().sorted().forEach(attribute -> text.append(" +").append(attribute));
            clear.stream().sorted().forEach(attribute -> text.append(" -").append(attribute));
            propagation.ifPresent(type -> text.append(' ').append(type));
            userNamespace.ifPresent(fd -> text.append(" of ").append(fd.name()));
            return "[" + text.toString().strip() + "]";
        }
    }

    /**
     * Opens the mount at {@code path}; with {@link TreeFlag#CLONE}, a detached copy of it that no path leads to yet.
     *
     * @param path from {@code dir}; empty with {@link TreeFlag#EMPTY_PATH}: {@code dir} itself
     * @return close-on-exec, owned by the caller; closing a copy that was never attached drops it
     * @throws ErrnoException ENOENT: nothing there. EINVAL: on no mount of our namespace, as behind an anonymous inode
     */
    public static Fd openTree(Fd dir, String path, Set<TreeFlag> flags) throws ErrnoException {
        Pointer name = Memory.string(path);
        long fd = call(OPEN_TREE, dir.number(), name.address(), Flag.word(flags) | OPEN_TREE_CLOEXEC, 0, 0, name);
        String object = path.isEmpty() ? dir.name() : path;
        if (fd < 0) {
            throw ErrnoException.last("open_tree", object, flags);
        }
        return Fd.owned((int) fd, object);
    }

    /**
     * Attaches a detached mount, or moves an attached one, onto the object that {@code target} is: no path is looked up.
     *
     * @param mount from {@link #openTree} or {@link #fsmount}; afterwards it is the attached mount
     * @param target borrowed; a directory for a directory, anything else for anything else
     * @throws ErrnoException ENOTDIR: only one of the two is a directory. EINVAL: the target is not in our mount namespace
     */
    public static void attach(Fd mount, Fd target) throws ErrnoException {
        Pointer empty = Memory.string("");
        long flags = 0x4 | 0x40; // MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH
        if (call(MOVE_MOUNT, mount.number(), empty.address(), target.number(), empty.address(), flags, empty) < 0) {
            throw ErrnoException.last("move_mount", mount.name(), "to", target.name());
        }
    }

    /**
     * Makes a context that a file system is configured in.
     * @param type as /proc/filesystems has it
     * @throws ErrnoException ENODEV: the kernel knows no such type
     */
    public static Fd fsopen(String type) throws ErrnoException {
        Pointer name = Memory.string(type);
        long fd = call(FSOPEN, name.address(), FSOPEN_CLOEXEC, 0, 0, 0, name);
        if (fd < 0) {
            throw ErrnoException.last("fsopen", type);
        }
        return Fd.owned((int) fd, type);
    }

    /**
     * Makes a context that the file system of an existing mount is reconfigured in.
     * @param mount its root
     */
    public static Fd fspick(Fd mount) throws ErrnoException {
        Pointer empty = Memory.string("");
        long fd = call(FSPICK, mount.number(), empty.address(), FSPICK_CLOEXEC | FSPICK_EMPTY_PATH, 0, 0, empty);
        if (fd < 0) {
            throw ErrnoException.last("fspick", mount.name());
        }
        return Fd.owned((int) fd, mount.name());
    }

    /** Sets an option without a value, such as {@code ro}. */
    public static void setFlag(Fd context, String key) throws ErrnoException {
        fsconfig(context, 0, key, null);
    }

    /**
     * Sets an option.
     * @param value at most 255 bytes: the kernel takes no more
     * @throws ErrnoException EINVAL: unknown, or a value that is refused; {@link #log} says which
     */
    public static void setString(Fd context, String key, String value) throws ErrnoException {
        fsconfig(context, 1, key, value);
    }

    /** Makes the superblock, or finds the one that fits. */
    public static void createSuperblock(Fd context) throws ErrnoException {
        fsconfig(context, 6, null, null);
    }

    /** Applies the options to the superblock of {@link #fspick}. */
    public static void reconfigure(Fd context) throws ErrnoException {
        fsconfig(context, 7, null, null);
    }

    private static void fsconfig(Fd context, int command, @Nullable String key, @Nullable String value)
            throws ErrnoException {
        Pointer keyText = key == null ? null : Memory.string(key);
        Pointer valueText = value == null ? null : Memory.string(value);
        long result = call(
                FSCONFIG,
                context.number(),
                command,
                LibC.address(keyText),
                LibC.address(valueText),
                0,
                keyText,
                valueText);
        if (result < 0) {
            String option =
                    key == null ? (command == 6 ? "create" : "reconfigure") : key + (value == null ? "" : "=" + value);
            throw ErrnoException.last("fsconfig", context.name(), option);
        }
    }

    /**
     * Gives a detached mount of the superblock that {@link #createSuperblock} made.
     * @return owned; closing it before it was attached drops it
     */
    public static Fd fsmount(Fd context, Set<Attribute> attributes) throws ErrnoException {
        long fd = call(FSMOUNT, context.number(), FSMOUNT_CLOEXEC, Flag.word(attributes), 0, 0);
        if (fd < 0) {
            throw ErrnoException.last("fsmount", context.name(), attributes);
        }
        return Fd.owned((int) fd, context.name());
    }

    /** Reads what the kernel has to say about the calls on a context, one line a message; empty when there is nothing. */
    public static String log(Fd context) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        Pointer buffer = Memory.zeroed(LOG_LINE);
        for (int line = 0; line < LOG_LINES; line++) {
            long count = LibC.get().read(context.number(), buffer, LOG_LINE);
            if (count <= 0) {
                break; // ENODATA: no more messages
            }
            byte[] bytes = new byte[(int) count];
            buffer.get(0, bytes, 0, bytes.length);
            text.writeBytes(bytes);
            text.write('\n');
        }
        return text.toString(StandardCharsets.UTF_8).strip();
    }

    /** Changes the mount that {@code mount} is the root of. */
    public static void setAttributes(Fd mount, AttributeChange change) throws ErrnoException {
        setAttributes(mount, change, 0);
    }

    /** Changes the mount that {@code mount} is the root of, and all mounts below it: all of them or none. */
    public static void setAttributesRecursively(Fd mount, AttributeChange change) throws ErrnoException {
        setAttributes(mount, change, AT_RECURSIVE);
    }

    private static void setAttributes(Fd mount, AttributeChange change, int recursive) throws ErrnoException {
        Pointer attributes = Memory.zeroed(MOUNT_ATTR_SIZE);
        attributes.putLong(0, change.setBits());
        attributes.putLong(8, change.clearBits());
        attributes.putLong(16, change.propagation().map(Propagation::bits).orElse(0L));
        attributes.putLong(
                24, change.userNamespace().map(fd -> (long) fd.number()).orElse(0L));
        Pointer empty = Memory.string("");
        long result = call(
                MOUNT_SETATTR,
                mount.number(),
                empty.address(),
                AT_EMPTY_PATH | recursive,
                attributes.address(),
                MOUNT_ATTR_SIZE,
                empty,
                attributes);
        if (result < 0) {
            throw ErrnoException.last("mount_setattr", mount.name(), recursive == 0 ? "" : "recursively", change);
        }
    }

    /**
     * Mounts in the old way, mount(2): only where the calls above cannot.
     * @param data options of the file system, less than a page
     */
    public static void mount(String source, String target, String type, Set<MountFlag> flags, String data)
            throws ErrnoException {
        if (LibC.get().mount(source, target, type, Flag.word(flags), data) < 0) {
            throw ErrnoException.last("mount", source, "to", target, "type", type, flags, data);
        }
    }

    /**
     * Makes {@code newRoot} the root of this thread's mount namespace and puts the old one at {@code oldRoot}, pivot_root(2). Every thread whose root
     * or working directory was the old root gets the new one.
     * @throws ErrnoException EINVAL: one of them is no mount of this namespace, is shared, or the old root is a ramfs
     */
    public static void exchangeRoot(String newRoot, String oldRoot) throws ErrnoException {
        if (LibC.get().pivot_root(newRoot, oldRoot) < 0) {
            throw ErrnoException.last("pivot_root", newRoot, "old root to", oldRoot);
        }
    }

    /**
     * Takes away the mount at a path.
     * @throws ErrnoException EINVAL: nothing is mounted there. ENOENT: nothing is there
     */
    public static void unmount(String target, Set<UnmountFlag> flags) throws ErrnoException {
        if (LibC.get().umount2(target, (int) Flag.word(flags)) < 0) {
            throw ErrnoException.last("umount2", target, flags);
        }
    }

    /** {@code held} is what addresses among the arguments lead to: an address alone does not keep the collector from freeing it. */
    private static long call(int number, long a, long b, long c, long d, long e, @Nullable Pointer... held) {
        try {
            return LibC.get().syscall(number, a, b, c, d, e);
        } finally {
            Reference.reachabilityFence(held);
        }
    }
}
