package dev.fairlead.pod;

import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.rootfs.RootfsException;
import dev.fairlead.linux.Errno;

/** Whether what failed was asked for wrongly, or is wrong with this node: the caller can mend only the one. */
public final class Blame {
    private Blame() {}

    /** Of a root that was not built: refused by us, or about a name that the request has. */
    public static boolean isOnTheRequest(RootfsException failure) {
        return failure.errno().map(Blame::isAboutAName).orElse(true);
    }

    /** Of a limit that was not set: about a value that the request has. */
    public static boolean isOnTheRequest(CgroupException failure) {
        return isAboutAName(failure.errno());
    }

    private static boolean isAboutAName(Errno errno) {
        return switch (errno) {
            case ENOENT, ENOTDIR, EISDIR, ELOOP, EINVAL, ERANGE, ENAMETOOLONG -> true;
            default -> false;
        };
    }
}
