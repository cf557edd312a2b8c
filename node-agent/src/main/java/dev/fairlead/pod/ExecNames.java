package dev.fairlead.pod;

import java.util.concurrent.atomic.AtomicLong;

/** Names of execs, which their cgroups are called by: no two of a daemon's life are the same. */
final class ExecNames {
    private static final AtomicLong LAST = new AtomicLong();

    private ExecNames() {}

    static String next() {
        return Long.toString(LAST.incrementAndGet());
    }
}
