package dev.fairlead.cdi;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The qualified name of a device: {@code vendor/class=name}.
 *
 * @param kind vendor and class
 */
record CdiName(String kind, String name) {
    private static final String WORD = "[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?";
    private static final Pattern KIND = Pattern.compile(WORD + "/" + WORD);
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?");
    private static final Pattern QUALIFIED = Pattern.compile("([^=]*)=(.*)");

    /**
     * Reads one.
     * @throws IllegalArgumentException it is none; says why
     */
    static CdiName parse(String text) {
        Matcher parts = QUALIFIED.matcher(text);
        if (!parts.matches() || !isKind(parts.group(1)) || !isName(parts.group(2))) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no qualified name of a CDI device; write vendor/class=name");
        }
        return new CdiName(parts.group(1), parts.group(2));
    }

    static boolean isKind(String text) {
        return KIND.matcher(text).matches();
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    @Override
    public String toString() {
        return kind + '=' + name;
    }
}
