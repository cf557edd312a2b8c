package dev.fairlead.cli.check;

import java.util.List;

/**
 * One thing that was looked at.
 * @param area such as cgroups; findings of one area follow each other
 * @param what the thing itself: a version, a mode, the word "missing"
 * @param meaning what was found, or what its absence means
 * @param advice how to change it, a line each; empty where there is nothing to do
 */
public record Finding(String area, String what, String meaning, Verdict verdict, List<String> advice) {
    /** What it means for pods. */
    public enum Verdict {
        /** As it should be. */
        GOOD,
        /** Pods run; something that some of them ask for is not to be had. */
        NOTE,
        /** Pods cannot run. */
        MISSING
    }

    public Finding {
        advice = List.copyOf(advice);
    }

    static Finding good(String area, String what, String meaning) {
        return new Finding(area, what, meaning, Verdict.GOOD, List.of());
    }

    static Finding note(String area, String what, String meaning, String... advice) {
        return new Finding(area, what, meaning, Verdict.NOTE, List.of(advice));
    }

    static Finding missing(String area, String what, String meaning, String... advice) {
        return new Finding(area, what, meaning, Verdict.MISSING, List.of(advice));
    }
}
