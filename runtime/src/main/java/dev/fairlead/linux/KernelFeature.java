package dev.fairlead.linux;

/**
 * System calls that an older kernel may lack. Each is asked for with arguments that it must refuse, so nothing happens: a kernel that has
 * it says EBADF, EFAULT or EINVAL, one that has not says ENOSYS.
 */
public enum KernelFeature {
    OPEN_TREE(428, "open_tree", "5.2", -1, 0, -1),
    MOVE_MOUNT(429, "move_mount", "5.2", -1, 0, -1),
    FSOPEN(430, "fsopen", "5.2", 0, -1, 0),
    PIDFD_OPEN(434, "pidfd_open", "5.3", -1, -1, 0),
    CLONE3(435, "clone3", "5.3", 0, 0, 0),
    CLOSE_RANGE(436, "close_range", "5.9", 1, 0, 0),
    OPENAT2(437, "openat2", "5.6", -1, 0, 0),
    PIDFD_GETFD(438, "pidfd_getfd", "5.6", -1, -1, 0),
    MOUNT_SETATTR(442, "mount_setattr", "5.12", -1, 0, -1),
    STATMOUNT(457, "statmount", "6.8", 0, 0, 0);

    private final int number;
    private final String call;
    private final String since;
    /** Arguments that the call refuses, or that do nothing. */
    private final long first;

    private final long second;
    private final long third;

    KernelFeature(int number, String call, String since, long first, long second, long third) {
        this.number = number;
        this.call = call;
        this.since = since;
        this.first = first;
        this.second = second;
        this.third = third;
    }

    /** The system call's name. */
    public String call() {
        return call;
    }

    /** The kernel that brought it. */
    public String since() {
        return since;
    }

    /** Asks the kernel; false also where a seccomp filter of ours answers ENOSYS in its place. */
    public boolean isPresent() {
        long result = LibC.get().syscall(number, first, second, third, 0, 0);
        return result >= 0 || LibC.errno() != Errno.ENOSYS;
    }
}
