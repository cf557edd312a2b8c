package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Namespaces.Kind;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Where a launch can fail: the launcher's {@code enum step}, with the words for it. */
public enum Step {
    SETTING_UP(1, "set up the warden", Detail.NONE),
    READING_REQUEST(2, "read the request", Detail.FIELD),
    CLONING_USHER(3, "clone into the cgroup", Detail.NONE),
    JOINING_CGROUP(4, "join a cgroup by its tasks file", Detail.DESCRIPTOR),
    JOINING_NAMESPACE(5, "join the namespace", Detail.NAMESPACES),
    BECOMING_ROOT(6, "become root of the user namespace", Detail.NONE),
    CLONING_INIT(7, "clone init into new namespaces", Detail.NAMESPACES),
    OPENING_PIDFD(8, "open a pidfd of init", Detail.NONE),
    OPENING_PROC(9, "open /proc/self of the host", Detail.NONE),
    SETTING_OOM_SCORE(10, "write oom_score_adj", Detail.NONE),
    UNSHARING_CGROUP(11, "make a cgroup namespace", Detail.NONE),
    UNSHARING_TIME(12, "make a time namespace", Detail.NONE),
    SETTING_HOSTNAME(13, "set the host name", Detail.NONE),
    SETTING_DOMAINNAME(14, "set the domain name", Detail.NONE),
    CUTTING_PROPAGATION(15, "keep mounts from propagating to the host", Detail.NONE),
    MOUNTING_PROC(16, "mount procfs", Detail.NONE),
    JOINING_PID_NAMESPACE(17, "let the warden join the PID namespace", Detail.NONE),
    RECEIVING(18, "receive the next order", Detail.NONE),
    CHANGING_TO_ROOT(19, "enter the root directory", Detail.NONE),
    PIVOTING(20, "make it the root (pivot_root or chroot)", Detail.NONE),
    DETACHING_OLD_ROOT(21, "detach the host's root", Detail.NONE),
    SETTING_PROPAGATION(22, "set the root's mount propagation", Detail.HEX),
    OPENING_NULL(23, "open the container's /dev/null", Detail.NONE),
    SETTING_RLIMIT(24, "set a resource limit", Detail.RLIMIT),
    SETTING_SCHEDULER(25, "set the scheduler", Detail.NONE),
    SETTING_IO_PRIORITY(26, "set the I/O priority", Detail.NONE),
    PLACING_STDIO(27, "place stdio", Detail.DESCRIPTOR),
    MAKING_SESSION(28, "make a session", Detail.NONE),
    TAKING_TERMINAL(29, "make stdin the controlling terminal", Detail.NONE),
    SETTING_PERSONALITY(30, "set the personality", Detail.NONE),
    SETTING_LABEL(31, "set the security label", Detail.NONE),
    SETTING_NO_NEW_PRIVS(32, "set no_new_privs", Detail.NONE),
    LOADING_SECCOMP(33, "load the seccomp filter", Detail.NONE),
    DROPPING_BOUNDING(34, "drop a capability from the bounding set", Detail.CAPABILITY),
    KEEPING_CAPABILITIES(35, "keep capabilities over the change of user", Detail.NONE),
    SETTING_GROUPS(36, "set the additional groups", Detail.NONE),
    SETTING_GID(37, "set the group", Detail.NONE),
    SETTING_UID(38, "set the user", Detail.NONE),
    SETTING_CAPABILITIES(39, "set the capabilities", Detail.NONE),
    RAISING_AMBIENT(40, "raise an ambient capability", Detail.CAPABILITY),
    CHANGING_DIRECTORY(41, "change to the working directory", Detail.NONE),
    CHECKING_DIRECTORY(42, "check that the working directory lies inside the root", Detail.NONE),
    EXECUTING(43, "execute the program", Detail.NONE),
    ACCEPTING_EXEC(44, "accept the exec", Detail.NONE),
    CLONING_EXEC(45, "clone the exec's process", Detail.NONE),
    JOINING_CONTAINER(46, "join the container's namespaces", Detail.NAMESPACES),
    RESTORING(47, "restore the processes of the checkpoint", Detail.NONE),
    ADOPTING(48, "find the first of the restored processes", Detail.NONE),
    /** A number that a launcher of another version sent. */
    UNKNOWN(0, "take an unknown step", Detail.HEX);

    /** What a failure's number means. */
    private enum Detail {
        NONE,
        FIELD,
        DESCRIPTOR,
        NAMESPACES,
        HEX,
        RLIMIT,
        CAPABILITY
    }

    private final int number;
    private final String words;
    private final Detail detail;

    Step(int number, String words, Detail detail) {
        this.number = number;
        this.words = words;
        this.detail = detail;
    }

    static Step of(int number) {
        return Arrays.stream(values())
                .filter(step -> step.number == number)
                .findFirst()
                .orElse(UNKNOWN);
    }

    int number() {
        return number;
    }

    /** As an infinitive: "join the namespace network". */
    String describe(int value) {
        return switch (detail) {
            case NONE -> words;
            case FIELD -> words + " (field at offset " + value + ")";
            case DESCRIPTOR -> words + " (descriptor " + value + ")";
            case NAMESPACES -> words + " " + namespaces(value);
            case HEX -> words + " (0x" + Integer.toHexString(value) + ")";
            case RLIMIT -> words + " " + Rlimits.nameOf(value);
            case CAPABILITY -> words + " (number " + value + ")";
        };
    }

    private static String namespaces(int flags) {
        return Arrays.stream(Kind.values())
                .filter(type -> (flags & type.bits()) != 0)
                .map(Kind::file)
                .collect(Collectors.joining(" and "));
    }
}
