package dev.fairlead.cni;

import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of CNI's specification: what a configuration is written in, and a plugin can do. */
record CniVersion(int major, int minor, int patch) implements Comparable<CniVersion> {
    /** Those that we speak. */
    static final List<CniVersion> SUPPORTED =
            List.of(new CniVersion(0, 3, 1), new CniVersion(0, 4, 0), new CniVersion(1, 0, 0), new CniVersion(1, 1, 0));

    private static final CniVersion CHECK_SINCE = new CniVersion(0, 4, 0);
    private static final CniVersion STATUS_SINCE = new CniVersion(1, 1, 0);

    private static final Pattern TEXT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?");
    private static final Comparator<CniVersion> ORDER = Comparator.comparingInt(CniVersion::major)
            .thenComparingInt(CniVersion::minor)
            .thenComparingInt(CniVersion::patch);

    /** @throws IllegalArgumentException not of the form 1.0.0 */
    static CniVersion parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no CNI version, such as 1.0.0");
        }
        String patch = matcher.group(3);
        return new CniVersion(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                patch == null ? 0 : Integer.parseInt(patch));
    }

    /** CHECK, and a DEL that is told what ADD gave. */
    boolean hasCheck() {
        return compareTo(CHECK_SINCE) >= 0;
    }

    /** STATUS and GC. */
    boolean hasStatusAndGc() {
        return compareTo(STATUS_SINCE) >= 0;
    }

    @Override
    public int compareTo(CniVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
