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
    MAPPING_IDS(10, "write the id map", Detail.ID_MAP),
    SETTING_OOM_SCORE(11, "write oom_score_adj", Detail.NONE),
    UNSHARING_CGROUP(12, "make a cgroup namespace", Detail.NONE),
    UNSHARING_TIME(13, "make a time namespace", Detail.NONE),
    SETTING_HOSTNAME(14, "set the host name", Detail.NONE),
    SETTING_DOMAINNAME(15, "set the domain name", Detail.NONE),
    CUTTING_PROPAGATION(16, "keep mounts from propagating to the host", Detail.NONE),
    MOUNTING_PROC(17, "mount procfs", Detail.NONE),
    JOINING_PID_NAMESPACE(18, "let the warden join the PID namespace", Detail.NONE),
    RECEIVING(19, "receive the next order", Detail.NONE),
    CHANGING_TO_ROOT(20, "enter the root directory", Detail.NONE),
    PIVOTING(21, "make it the root (pivot_root or chroot)", Detail.NONE),
    DETACHING_OLD_ROOT(22, "detach the host's root", Detail.NONE),
    SETTING_PROPAGATION(23, "set the root's mount propagation", Detail.HEX),
    OPENING_NULL(24, "open the container's /dev/null", Detail.NONE),
    MAKING_CWD(25, "make the working directory", Detail.NONE),
    MAKING_ROOT_READ_ONLY(26, "make the root read-only", Detail.NONE),
    SETTING_RLIMIT(27, "set a resource limit", Detail.RLIMIT),
    SETTING_SCHEDULER(28, "set the scheduler", Detail.NONE),
    SETTING_IO_PRIORITY(29, "set the I/O priority", Detail.NONE),
    PLACING_STDIO(30, "place stdio", Detail.DESCRIPTOR),
    MAKING_SESSION(31, "make a session", Detail.NONE),
    TAKING_TERMINAL(32, "make stdin the controlling terminal", Detail.NONE),
    SETTING_PERSONALITY(33, "set the personality", Detail.NONE),
    SETTING_LABEL(34, "set the security label", Detail.NONE),
    SETTING_NO_NEW_PRIVS(35, "set no_new_privs", Detail.NONE),
    LOADING_SECCOMP(36, "load the seccomp filter", Detail.NONE),
    DROPPING_BOUNDING(37, "drop a capability from the bounding set", Detail.CAPABILITY),
    KEEPING_CAPABILITIES(38, "keep capabilities over the change of user", Detail.NONE),
    SETTING_GROUPS(39, "set the additional groups", Detail.NONE),
    SETTING_GID(40, "set the group", Detail.NONE),
    SETTING_UID(41, "set the user", Detail.NONE),
    SETTING_CAPABILITIES(42, "set the capabilities", Detail.NONE),
    RAISING_AMBIENT(43, "raise an ambient capability", Detail.CAPABILITY),
    CHANGING_DIRECTORY(44, "change to the working directory", Detail.NONE),
    CHECKING_DIRECTORY(45, "check that the working directory lies inside the root", Detail.NONE),
    EXECUTING(46, "execute the program", Detail.NONE),
    ACCEPTING_EXEC(47, "accept the exec", Detail.NONE),
    CLONING_EXEC(48, "clone the exec's process", Detail.NONE),
    JOINING_CONTAINER(49, "join the container's namespaces", Detail.NAMESPACES),
    /** A number that a launcher of another version sent. */
    UNKNOWN(0, "take an unknown step", Detail.HEX);

    /** What a failure's number means. */
    private enum Detail {
        NONE,
        FIELD,
        DESCRIPTOR,
        NAMESPACES,
        ID_MAP,
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
            case ID_MAP -> words + (value == 0 ? " uid_map" : " gid_map");
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
