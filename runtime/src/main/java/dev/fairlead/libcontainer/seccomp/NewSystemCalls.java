package dev.fairlead.libcontainer.seccomp;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * System calls since Linux 5.1, which have the same number on every architecture: a filter can name them though the installed libseccomp is
 * older than they are. Debian 12's knows those of Linux 5.17.
 */
final class NewSystemCalls {
    private static final int FIRST = 424;

    private static final String IN_ORDER = """
            pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig
            fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2
            mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret
            process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake
            futex_wait futex_requeue statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal
            setxattrat getxattrat listxattrat removexattrat open_tree_attr file_getattr file_setattr
            """;

    private static final Map<String, Integer> NUMBERS = new HashMap<>();

    static {
        int number = FIRST;
        for (String name : IN_ORDER.strip().split("\\s+", -1)) {
            NUMBERS.put(name, number++);
        }
    }

    private NewSystemCalls() {}

    static OptionalInt number(String name) {
        Integer number = NUMBERS.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
