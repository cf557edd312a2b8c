package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import java.io.IOException;
import java.io.Serial;

/** A cgroup operation that failed: file, value, errno, and what that means or what can be done. */
public final class CgroupException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    private CgroupException(String message, Errno errno, Throwable cause) {
        super(message, cause);
        this.errno = errno;
    }

    /** Of a state that is not as it should be, seen by us. */
    CgroupException(String message) {
        this(message, Errno.UNKNOWN);
    }

    private CgroupException(String message, Errno errno) {
        super(message);
        this.errno = errno;
    }

    /** Of a value that we refuse ourselves: EINVAL, as the kernel would say. */
    static CgroupException invalid(String message) {
        return new CgroupException(message, Errno.EINVAL);
    }

    /** Of a limit that is less than what is in use: EBUSY, as v1 says. */
    static CgroupException inUse(String message) {
        return new CgroupException(message, Errno.EBUSY);
    }

    /** Of a file of a cgroup that could not be read or written. */
    static CgroupException of(String file, ErrnoException cause) {
        String advice = advice(file.substring(file.lastIndexOf('/') + 1), cause.errno());
        return new CgroupException(cause.getMessage() + (advice.isEmpty() ? "" : ": " + advice), cause.errno(), cause);
    }

    /** As {@link #of}, with words of the caller's instead of those for the file. */
    static CgroupException because(String advice, ErrnoException cause) {
        return new CgroupException(cause.getMessage() + ": " + advice, cause.errno(), cause);
    }

    /** {@code e} with what helps to choose a better value. */
    static CgroupException withDetail(CgroupException e, String detail) {
        return new CgroupException(e.getMessage() + " (" + detail + ')', e.errno, e);
    }

    /** What the kernel said, or would have said to a value that we refused; {@link Errno#UNKNOWN} where it is about neither. */
    public Errno errno() {
        return errno;
    }

    /** Whether the cgroup, or this file of it, is not there. */
    public boolean isGone() {
        return errno == Errno.ENOENT || errno == Errno.ENODEV;
    }

    private static String advice(String file, Errno errno) {
        return switch (errno) {
            case EROFS -> "cgroupfs is mounted read-only here";
            case ENODEV -> "the cgroup has been removed";
            case EAGAIN -> "an ancestor's cgroup.max.descendants or cgroup.max.depth is reached";
            case EBUSY -> whenBusy(file);
            case EINVAL, ERANGE -> whenInvalid(file);
            case EACCES, EPERM -> whenDenied(file);
            case ENOENT ->
                "this kernel or this cgroup lacks the file: the controller is not enabled above it or not built in";
            case ENOSPC ->
                file.startsWith("cpuset.") ? "a cgroup with processes needs at least one CPU and one memory node" : "";
            case ENOTSUP -> "the cgroup is in threaded mode";
            default -> "";
        };
    }

    private static String whenBusy(String file) {
        return switch (file) {
            case "memory.limit_in_bytes", "memory.memsw.limit_in_bytes" ->
                "more memory is in use than can be reclaimed; choose a limit above the usage or end processes first";
            case "cgroup.subtree_control" ->
                "the cgroup has processes of its own, and cgroup v2 wants those in leaves; move them to a child first";
            case "cpuset.cpus", "cpuset.mems" ->
                "a CPU or node is exclusive to another cpuset, or still used by a child";
            default -> "";
        };
    }

    private static String whenInvalid(String file) {
        return switch (file) {
            case "memory.limit_in_bytes" -> "it may not exceed memory.memsw.limit_in_bytes";
            case "memory.memsw.limit_in_bytes" -> "memory and swap together may not be less than memory.limit_in_bytes";
            case "cpu.cfs_quota_us", "cpu.cfs_period_us", "cpu.max" ->
                "quota and period are at least 1000 us, the period at most 1000000, and on v1 no child may have a larger share than its parent";
            case "cpu.cfs_burst_us", "cpu.max.burst" -> "a burst may not exceed the quota";
            case "cpuset.cpus", "cpuset.mems" -> "not a list of CPUs or nodes that exist, such as 0-2,7";
            case "memory.swappiness" -> "0 to 100 (200 on newer kernels)";
            case "devices.allow", "devices.deny" -> "not a device rule, or one that the rules of its children forbid";
            default -> "the kernel does not take this value";
        };
    }

    private static String whenDenied(String file) {
        return switch (file) {
            case "devices.allow" -> "the parent cgroup does not allow this device, so its child cannot";
            case "cpuset.cpus", "cpuset.mems" -> "the parent cgroup does not have all of these";
            default -> "needs root in the cgroup namespace that owns the directory";
        };
    }
}
