package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import java.util.List;
import java.util.Optional;

/**
 * The cgroups that a process is born in. Descriptors are borrowed for the call; the warden keeps copies for later execs.
 *
 * @param unified directory of the cgroup v2 (CLONE_INTO_CGROUP)
 * @param tasks of each cgroup v1 its file {@code tasks}, open for writing; at most 21. Not {@code cgroup.procs}: writing that takes a lock of
 *     all threads of the machine
 */
public record CgroupMembership(Optional<Fd> unified, List<Fd> tasks) {
    /** The launcher has so many descriptors for them. */
    public static final int MAX_TASKS = 21;

    /** The cgroups of the daemon. */
    public static final CgroupMembership INHERITED = new CgroupMembership(Optional.empty(), List.of());

    public CgroupMembership {
        tasks = List.copyOf(tasks);
        if (tasks.size() > MAX_TASKS) {
            throw new IllegalArgumentException(
                    tasks.size() + " cgroup v1 hierarchies, the launcher takes " + MAX_TASKS);
        }
    }
}
