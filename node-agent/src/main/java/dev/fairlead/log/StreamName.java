package dev.fairlead.log;

/** The streams of a container, as CRI log files name them. */
public enum StreamName {
    STDOUT("stdout"),
    STDERR("stderr");

    private final String word;

    StreamName(String word) {
        this.word = word;
    }

    /** As it stands in the log. */
    String word() {
        return word;
    }
}
