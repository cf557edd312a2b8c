package dev.fairlead.libcontainer.rootfs;

import java.util.List;
import java.util.Optional;

/**
 * Judges what may be mounted at /proc and below it: libcontainer's checkProcMount. A process that reads or writes its own /proc/self/attr
 * must reach procfs there and nothing else (CVE-2019-16884, CVE-2019-19921).
 */
final class ProcGuard {
    /** What lxcfs emulates, and the two that containers are known to need. */
    static final List<String> ALLOWED = List.of(
            "/proc/cpuinfo",
            "/proc/diskstats",
            "/proc/meminfo",
            "/proc/stat",
            "/proc/swaps",
            "/proc/uptime",
            "/proc/loadavg",
            "/proc/slabinfo",
            "/proc/sys/kernel/ns_last_pid",
            "/proc/sys/crypto/fips_enabled");

    private ProcGuard() {}

    /** Where a mount target lies. */
    enum Verdict {
        /** Not at /proc and not below it. */
        OUTSIDE,
        /** /proc itself: only procfs belongs there. */
        PROC,
        /** One of {@link #ALLOWED}. */
        ALLOWED,
        /** Anything else below /proc. */
        REFUSED
    }

    /**
     * Judges a target.
     * @param path inside the container, absolute and free of links: what the kernel says of the descriptor
     */
    static Verdict judge(String path) {
        if (path.equals("/proc")) {
            return Verdict.PROC;
        }
        if (!path.startsWith("/proc/")) {
            return Verdict.OUTSIDE;
        }
        return ALLOWED.contains(path) ? Verdict.ALLOWED : Verdict.REFUSED;
    }

    /**
     * Says why a mount is refused; empty: it is not.
     * @param procfs what is to be mounted is a procfs, new or bound
     */
    static Optional<String> refusal(String path, boolean procfs) {
        return switch (judge(path)) {
            case OUTSIDE, ALLOWED -> Optional.empty();
            case PROC ->
                procfs
                        ? Optional.empty()
                        : Optional.of(
                                "only a procfs can be mounted on /proc: a new one, or the bind of an existing one");
            case REFUSED ->
                Optional.of(path + " is inside /proc, where nothing may be mounted but " + String.join(", ", ALLOWED));
        };
    }
}
