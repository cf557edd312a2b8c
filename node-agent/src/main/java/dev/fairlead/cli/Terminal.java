package dev.fairlead.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * One of the standard streams, as people see it.
 * @param columns width; what does not fit there is cut, where it is only to be watched
 */
record Terminal(PrintStream stream, boolean isTerminal, boolean colour, int columns) {
    private static final int USUAL_WIDTH = 100;
    private static final String RESET = "\033[0m";

    /** Looks; colours are the terminal's own palette, so that they suit its background. */
    enum Look {
        PLAIN(""),
        BOLD("\033[1m"),
        DIM("\033[2m"),
        GOOD("\033[32m"),
        NOTE("\033[33m"),
        BAD("\033[31m");

        private final String start;

        Look(String start) {
            this.start = start;
        }
    }

    static Terminal standardOutput() {
        return of(System.out, 1);
    }

    static Terminal standardError() {
        return of(System.err, 2);
    }

    private static Terminal of(PrintStream stream, int descriptor) {
        boolean terminal = isTerminal(descriptor);
        boolean colour = terminal
                && System.getenv("NO_COLOR") == null
                && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
        return new Terminal(stream, terminal, colour, width());
    }

    String look(Look look, String text) {
        return colour && look != Look.PLAIN ? look.start + text + RESET : text;
    }

    /** A descriptor's link in /proc names the terminal's device; no library has to be loaded to see that. */
    static boolean isTerminal(int descriptor) {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }

    private static int width() {
        try {
            return Math.max(40, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "")));
        } catch (NumberFormatException e) {
            return USUAL_WIDTH;
        }
    }
}
