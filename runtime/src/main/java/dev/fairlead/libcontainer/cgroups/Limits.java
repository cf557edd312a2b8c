package dev.fairlead.libcontainer.cgroups;

import org.jspecify.annotations.Nullable;

/** The values that stand for "nothing asked" in OCI and in CRI, which sends 0 for a number and "" for a string that is not set. */
final class Limits {
    /** Lifts a limit, in OCI and in v1's files. */
    static final long UNLIMITED = -1;

    private Limits() {}

    static boolean given(@Nullable Long value) {
        return value != null && value != 0;
    }

    static boolean given(@Nullable String value) {
        return value != null && !value.isEmpty();
    }

    /** Whether there is a limit, and not its lifting. */
    static boolean bounded(@Nullable Long value) {
        return value != null && value > 0;
    }

    static long orZero(@Nullable Long value) {
        return value == null ? 0 : value;
    }
}
