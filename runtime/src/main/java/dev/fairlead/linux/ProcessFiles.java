package dev.fairlead.linux;

import dev.fairlead.linux.Openat.OpenFlag;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;

/** What procfs says of a process, proc(5). A process that has ended meanwhile is no error: it has nothing any more. */
public final class ProcessFiles {
    /** RLIM_INFINITY. */
    public static final long UNLIMITED = -1;

    private static final Set<OpenFlag> READ = EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY);
    private static final String OPEN_FILES = "Max open files";

    private ProcessFiles() {}

    /**
     * The descriptors that a process has open.
     * @param sockets how many of them are sockets
     */
    public record Descriptors(long open, long sockets) {
        /** Of no process. */
        public static final Descriptors NONE = new Descriptors(0, 0);

        /** Those of both. */
        public Descriptors plus(Descriptors other) {
            return new Descriptors(open + other.open, sockets + other.sockets);
        }
    }

    /** Counts the descriptors of a process; {@link Descriptors#NONE} where it has ended. */
    public static Descriptors descriptors(int pid) throws ErrnoException {
        long open = 0;
        long sockets = 0;
        try (Fd directory = Openat.open(Fd.CWD, "/proc/" + pid + "/fd", READ, 0)) {
            for (String name : Directories.list(directory)) {
                open++;
                if (isSocket(directory, name)) {
                    sockets++;
                }
            }
        } catch (ErrnoException e) {
            if (!isGone(e)) {
                throw e;
            }
        }
        return new Descriptors(open, sockets);
    }

    private static boolean isSocket(Fd directory, String name) throws ErrnoException {
        try {
            return Openat.readLink(directory, name).startsWith("socket:");
        } catch (ErrnoException e) {
            if (isGone(e)) {
                return false; // closed meanwhile
            }
            throw e;
        }
    }

    /** The soft limit of open files (RLIMIT_NOFILE); {@link #UNLIMITED}, or empty where the process has ended. */
    public static OptionalLong openFilesLimit(int pid) throws ErrnoException {
        try {
            return parseOpenFilesLimit(KernelFiles.read("/proc/" + pid + "/limits"));
        } catch (ErrnoException e) {
            if (isGone(e)) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    /** A line: "Max open files            1024                 524288               files". */
    static OptionalLong parseOpenFilesLimit(String limits) {
        int at = limits.indexOf(OPEN_FILES);
        if (at < 0) {
            return OptionalLong.empty();
        }
        String soft = limits.substring(at + OPEN_FILES.length()).strip().split("\\s+", 2)[0];
        return OptionalLong.of(soft.equals("unlimited") ? UNLIMITED : Long.parseLong(soft));
    }

    private static boolean isGone(ErrnoException e) {
        return e.errno() == Errno.ENOENT || e.errno() == Errno.ESRCH;
    }
}
