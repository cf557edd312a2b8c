package dev.fairlead.e2e;

import java.util.Optional;

/** What the scenarios run as fairlead: see e2e/fairlead. */
final class Executable {
    static final String FAIRLEAD =
            Daemon.directory("e2e.home").resolve("fairlead").toString();

    private static final String NATIVE = "native executable ";

    private Executable() {}

    /** The native executable's file; empty: what was built last is for the JVM. */
    static Optional<String> nativeOne() {
        String form = Command.run(FAIRLEAD, "--which").output();
        return form.startsWith(NATIVE) ? Optional.of(form.substring(NATIVE.length())) : Optional.empty();
    }
}
