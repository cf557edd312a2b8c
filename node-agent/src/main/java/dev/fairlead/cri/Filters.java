package dev.fairlead.cri;

import java.util.Map;

/** What the filters of the list calls have in common. */
final class Filters {
    private Filters() {}

    /** Whether each of {@code wanted} is among {@code labels}, with that value. */
    static boolean matches(Map<String, String> wanted, Map<String, String> labels) {
        return labels.entrySet().containsAll(wanted.entrySet());
    }

    /** Whether {@code id} is the one that is wanted, or begins with it; anything goes where none is wanted. */
    static boolean matchesId(String wanted, String id) {
        return wanted.isEmpty() || id.startsWith(wanted);
    }
}
