package dev.fairlead.linux;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import jnr.ffi.Pointer;

/** Names relative to a directory that is held open: openat2(2), mkdirat(2), mknodat(2), symlinkat(2), unlinkat(2) and their like. */
public final class Openat {
    private static final int OPENAT2 = 437;
    private static final int FCHMODAT2 = 452;
    private static final int OPEN_HOW_SIZE = 24;
    private static final int O_CLOEXEC = 0x80000;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int PATH_MAX = 4096;
    /** RESOLVE_IN_ROOT answers EAGAIN when something was renamed meanwhile; whoever renames on and on shall not hold us for ever. */
    private static final int MAX_RESOLVE_TRIES = 128;

    private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");

    private Openat() {}

    /** O_* flags; descriptors are close-on-exec without asking. */
    public enum OpenFlag implements Flag {
        RDONLY(0),
        WRONLY(1),
        RDWR(2),
        CREAT(0x40),
        EXCL(0x80),
        NOCTTY(0x100),
        TRUNC(0x200),
        APPEND(0x400),
        NONBLOCK(0x800),
        DIRECTORY(ARM ? 0x4000 : 0x10000),
        NOFOLLOW(ARM ? 0x8000 : 0x20000),
        /** A handle on the object, not on its contents: needs no permission on it, opens no device, wakes no FIFO. */
        PATH(0x200000);

        private final long bits;

        OpenFlag(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /** RESOLVE_* flags: what the kernel may do on the way to the object. */
    public enum ResolveFlag implements Flag {
        NO_XDEV(0x1),
        NO_MAGICLINKS(0x2),
        NO_SYMLINKS(0x4),
        BENEATH(0x8),
        /** The directory is /: absolute links and .. stay inside it. */
        IN_ROOT(0x10);

        private final long bits;

        ResolveFlag(long bits) {
            this.bits = bits;
        }

        @Override
        public long bits() {
            return bits;
        }
    }

    /**
     * Opens {@code path} with a say in how it is resolved, openat2(2).
     * @param mode of a file that is made, 0 where none may be
     * @return owned
     * @throws ErrnoException EXDEV: it led out. ELOOP: a link on the way, with {@link ResolveFlag#NO_SYMLINKS}
     */
    public static Fd open(Fd dir, String path, Set<OpenFlag> flags, int mode, Set<ResolveFlag> resolve)
            throws ErrnoException {
        long result = openat2(dir, path, flags, mode, resolve);
        if (result < 0) {
            throw new ErrnoException("openat2 " + in(dir, path) + " " + flags + " " + resolve, Errno.of((int) -result));
        }
        return Fd.owned((int) result, path);
    }

    /** Opens {@code path} as {@link #open} does; empty: nothing is there (ENOENT), which costs no exception. */
    public static Optional<Fd> find(Fd dir, String path, Set<OpenFlag> flags, Set<ResolveFlag> resolve)
            throws ErrnoException {
        long result = openat2(dir, path, flags, 0, resolve);
        if (result == -Errno.ENOENT.number()) {
            return Optional.empty();
        }
        if (result < 0) {
            throw new ErrnoException("openat2 " + in(dir, path) + " " + flags + " " + resolve, Errno.of((int) -result));
        }
        return Optional.of(Fd.owned((int) result, path));
    }

    /** A descriptor, or a negative error number. */
    private static long openat2(Fd dir, String path, Set<OpenFlag> flags, int mode, Set<ResolveFlag> resolve) {
        Pointer name = Memory.string(path);
        Pointer how = Memory.zeroed(OPEN_HOW_SIZE);
        how.putLong(0, Flag.word(flags) | O_CLOEXEC);
        how.putLong(8, mode);
        how.putLong(16, Flag.word(resolve));
        try {
            for (int attempt = 1; ; attempt++) {
                long fd = LibC.get().syscall(OPENAT2, dir.number(), name.address(), how.address(), OPEN_HOW_SIZE, 0);
                if (fd >= 0) {
                    return fd;
                }
                Errno errno = LibC.errno();
                boolean again =
                        errno == Errno.EINTR || (errno == Errno.EAGAIN && resolve.contains(ResolveFlag.IN_ROOT));
                if (!again || attempt == MAX_RESOLVE_TRIES) {
                    return -errno.number();
                }
            }
        } finally {
            // Their addresses alone do not keep the collector from freeing them under the call.
            Reference.reachabilityFence(name);
            Reference.reachabilityFence(how);
        }
    }

    /** Opens {@code path} as openat(2) does, for names that nobody but us decides on. */
    public static Fd open(Fd dir, String path, Set<OpenFlag> flags, int mode) throws ErrnoException {
        return open(dir, path, flags, mode, Set.of());
    }

    /** Makes a directory; its mode is cut by the umask. */
    public static void makeDirectory(Fd dir, String name, int mode) throws ErrnoException {
        if (LibC.get().mkdirat(dir.number(), name, mode) < 0) {
            throw ErrnoException.last("mkdirat", in(dir, name), octal(mode));
        }
    }

    /**
     * Makes a device node or a FIFO; its mode is cut by the umask.
     * @param device ignored for a FIFO
     */
    public static void makeNode(Fd dir, String name, FileType type, int mode, DeviceNumber device)
            throws ErrnoException {
        if (LibC.get().mknodat(dir.number(), name, type.bits() | mode, device.word()) < 0) {
            throw ErrnoException.last("mknodat", in(dir, name), type, octal(mode), device);
        }
    }

    /** Makes a symbolic link that reads {@code target}. */
    public static void makeLink(String target, Fd dir, String name) throws ErrnoException {
        if (LibC.get().symlinkat(target, dir.number(), name) < 0) {
            throw ErrnoException.last("symlinkat", in(dir, name), "->", target);
        }
    }

    /** Gives the file {@code from} a second name. */
    public static void makeHardLink(Fd fromDir, String from, Fd toDir, String to) throws ErrnoException {
        if (LibC.get().linkat(fromDir.number(), from, toDir.number(), to, 0) < 0) {
            throw ErrnoException.last("linkat", in(fromDir, from), "as", in(toDir, to));
        }
    }

    /** Removes a name that is no directory. */
    public static void unlink(Fd dir, String name) throws ErrnoException {
        if (LibC.get().unlinkat(dir.number(), name, 0) < 0) {
            throw ErrnoException.last("unlinkat", in(dir, name));
        }
    }

    /** Removes an empty directory. */
    public static void removeDirectory(Fd dir, String name) throws ErrnoException {
        if (LibC.get().unlinkat(dir.number(), name, AT_REMOVEDIR) < 0) {
            throw ErrnoException.last("unlinkat", in(dir, name), "as a directory");
        }
    }

    /** Reads a symbolic link. */
    public static String readLink(Fd dir, String name) throws ErrnoException {
        Pointer buffer = Memory.zeroed(PATH_MAX);
        long count = LibC.get().readlinkat(dir.number(), name, buffer, PATH_MAX);
        if (count < 0) {
            throw ErrnoException.last("readlinkat", in(dir, name));
        }
        byte[] bytes = new byte[(int) count];
        buffer.get(0, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * Sets the permission bits of an object, O_PATH descriptors included: fchmodat2(2), before Linux 6.6 through {@code descriptors}.
     * @param descriptors /proc/thread-self/fd
     */
    public static void chmod(Fd fd, int mode, Fd descriptors) throws ErrnoException {
        Pointer empty = Memory.string("");
        try {
            if (LibC.get().syscall(FCHMODAT2, fd.number(), empty.address(), mode, AT_EMPTY_PATH, 0) == 0) {
                return;
            }
        } finally {
            Reference.reachabilityFence(empty);
        }
        // ENOSYS: not here. EPERM is what some seccomp filters say instead; the second call then has the true answer.
        Errno errno = LibC.errno();
        if (errno != Errno.ENOSYS && errno != Errno.EPERM) {
            throw new ErrnoException("fchmodat2 " + fd.name() + " " + octal(mode), errno);
        }
        if (LibC.get().fchmodat(descriptors.number(), Integer.toString(fd.number()), mode, 0) < 0) {
            throw ErrnoException.last("fchmodat", fd.name(), octal(mode));
        }
    }

    /** Sets the owner of an object, O_PATH descriptors and links included. */
    public static void chown(Fd fd, int uid, int gid) throws ErrnoException {
        if (LibC.get().fchownat(fd.number(), "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
            throw ErrnoException.last(
                    "fchownat", fd.name(), Integer.toUnsignedString(uid) + ":" + Integer.toUnsignedString(gid));
        }
    }

    /** Sets the times of what {@code name} is, a link itself where it is one. */
    public static void setTimes(Fd dir, String name, Instant accessed, Instant modified) throws ErrnoException {
        Pointer times = Memory.zeroed(32);
        times.putLong(0, accessed.getEpochSecond());
        times.putLong(8, accessed.getNano());
        times.putLong(16, modified.getEpochSecond());
        times.putLong(24, modified.getNano());
        if (LibC.get().utimensat(dir.number(), name, times, AT_SYMLINK_NOFOLLOW) < 0) {
            throw ErrnoException.last("utimensat", in(dir, name));
        }
    }

    private static String in(Fd dir, String name) {
        return name.startsWith("/") || dir.number() == Fd.CWD.number() ? name : dir.name() + "/" + name;
    }

    private static String octal(int mode) {
        return "0" + Integer.toOctalString(mode);
    }
}
