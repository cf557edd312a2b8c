package dev.fairlead.e2e.runc;

import java.util.List;

/** What came of a configuration. */
sealed interface Outcome {
    /** The container ran. {@code lines} are the probe's. */
    record Ran(List<String> lines) implements Outcome {
        public Ran {
            lines = List.copyOf(lines);
        }
    }

    /** The runtime would not make it. */
    record Refused(String message) implements Outcome {}
}
