package dev.fairlead.linux;

import dev.fairlead.linux.Openat.OpenFlag;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Namespaces of the calling OS thread: unshare(2), setns(2), and their files below /proc. Call these on a platform thread that ends with
 * the job: a pooled thread would take its next job to the wrong place.
 */
public final class Namespaces {
    private static final int CLONE_FS = 0x200;

    private Namespaces() {}

    /** namespaces(7): CLONE_NEW* and the name below /proc/PID/ns. */
    public enum Kind implements Flag {
        CGROUP(0x02000000, "cgroup"),
        IPC(0x08000000, "ipc"),
        MOUNT(0x00020000, "mnt"),
        NETWORK(0x40000000, "net"),
        PID(0x20000000, "pid"),
        TIME(0x00000080, "time"),
        USER(0x10000000, "user"),
        UTS(0x04000000, "uts");

        private final long bits;
        private final String file;

        Kind(long bits, String file) {
            this.bits = bits;
            this.file = file;
        }

        @Override
        public long bits() {
            return bits;
        }

        /** The name below /proc/PID/ns. */
        public String file() {
            return file;
        }

        /** As config.json calls it (runtime-spec, config-linux.md, Namespaces): two have longer names there. */
        public String ociName() {
            return switch (this) {
                case MOUNT -> "mount";
                case NETWORK -> "network";
                case CGROUP, IPC, PID, TIME, USER, UTS -> file;
            };
        }

        /** The kind that config.json calls {@code name}; empty where it is none. */
        public static Optional<Kind> ofOciName(String name) {
            return Arrays.stream(values())
                    .filter(kind -> kind.ociName().equals(name))
                    .findFirst();
        }
    }

    /**
     * Gives this thread new namespaces.
     * @param kinds without USER, which a process of several threads cannot make; with MOUNT, {@link #unshareFileSystem} is implied
     */
    public static void unshare(Set<Kind> kinds) throws ErrnoException {
        if (LibC.get().unshare((int) Flag.word(kinds)) < 0) {
            throw ErrnoException.last("unshare", kinds);
        }
    }

    /** Gives this thread a root, working directory and umask of its own (CLONE_FS): without, it can join no mount namespace. */
    public static void unshareFileSystem() throws ErrnoException {
        if (LibC.get().unshare(CLONE_FS) < 0) {
            throw ErrnoException.last("unshare", "[FS]");
        }
    }

    /** Moves this thread into the namespace that a namespace file is. */
    public static void join(Fd namespace, Kind kind) throws ErrnoException {
        if (LibC.get().setns(namespace.number(), (int) kind.bits()) < 0) {
            throw ErrnoException.last("setns", namespace.name(), kind);
        }
    }

    /**
     * Moves this thread into several namespaces of a process at once: all of them or none.
     * @param pidfd of the process; Linux 5.8
     * @throws ErrnoException ESRCH: it has ended
     */
    public static void joinProcess(Fd pidfd, Set<Kind> kinds) throws ErrnoException {
        if (LibC.get().setns(pidfd.number(), (int) Flag.word(kinds)) < 0) {
            throw ErrnoException.last("setns", pidfd.name(), kinds);
        }
    }

    /** Opens the file of a namespace that this thread is in. */
    public static Fd openOwn(Kind kind) throws ErrnoException {
        return open("/proc/thread-self/ns/" + kind.file());
    }

    /** Opens the file of a namespace that a process is in. */
    public static Fd openOf(int pid, Kind kind) throws ErrnoException {
        return open("/proc/" + pid + "/ns/" + kind.file());
    }

    private static Fd open(String path) throws ErrnoException {
        return Openat.open(Fd.CWD, path, EnumSet.of(OpenFlag.RDONLY), 0);
    }

    /** Names the host, in the UTS namespace of this thread. */
    public static void setHostname(String name) throws ErrnoException {
        if (LibC.get().sethostname(name, name.length()) < 0) {
            throw ErrnoException.last("sethostname", name);
        }
    }

    /** Names the NIS domain, in the UTS namespace of this thread. */
    public static void setDomainname(String name) throws ErrnoException {
        if (LibC.get().setdomainname(name, name.length()) < 0) {
            throw ErrnoException.last("setdomainname", name);
        }
    }

    /** Sets this thread's file mode creation mask; of all threads, unless {@link #unshareFileSystem} came before. */
    public static void setUmask(int mask) {
        LibC.get().umask(mask);
    }

    /** Changes this thread's working directory; of all threads, unless {@link #unshareFileSystem} came before. */
    public static void changeDirectory(Fd dir) throws ErrnoException {
        if (LibC.get().fchdir(dir.number()) < 0) {
            throw ErrnoException.last("fchdir", dir.name());
        }
    }

    /** Makes this thread's working directory its root, chroot(2); of all threads, unless {@link #unshareFileSystem} came before. */
    public static void changeRootToWorkingDirectory() throws ErrnoException {
        if (LibC.get().chroot(".") < 0) {
            throw ErrnoException.last("chroot", ".");
        }
    }
}
