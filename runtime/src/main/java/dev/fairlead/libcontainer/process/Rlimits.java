package dev.fairlead.libcontainer.process;

import java.util.List;

/** RLIMIT_* of getrlimit(2): the position is the number, on x86-64 and arm64 alike. */
final class Rlimits {
    private static final List<String> NAMES = List.of(
            "RLIMIT_CPU",
            "RLIMIT_FSIZE",
            "RLIMIT_DATA",
            "RLIMIT_STACK",
            "RLIMIT_CORE",
            "RLIMIT_RSS",
            "RLIMIT_NPROC",
            "RLIMIT_NOFILE",
            "RLIMIT_MEMLOCK",
            "RLIMIT_AS",
            "RLIMIT_LOCKS",
            "RLIMIT_SIGPENDING",
            "RLIMIT_MSGQUEUE",
            "RLIMIT_NICE",
            "RLIMIT_RTPRIO",
            "RLIMIT_RTTIME");

    private Rlimits() {}

    static int numberOf(String name) {
        int number = NAMES.indexOf(name);
        if (number < 0) {
            throw new IllegalArgumentException(
                    "process.rlimits: unknown type \"" + name + "\"; known are " + String.join(", ", NAMES));
        }
        return number;
    }

    static String nameOf(int number) {
        return number >= 0 && number < NAMES.size() ? NAMES.get(number) : "number " + number;
    }
}
