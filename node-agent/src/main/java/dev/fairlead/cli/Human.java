package dev.fairlead.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Numbers as people read them. */
final class Human {
    private static final List<String> BYTE_UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB");
    private static final int SHORT_ID = 13;

    private Human() {}

    /** {@code 48.1 MiB}; whole bytes below a KiB. */
    static String bytes(long bytes) {
        double amount = bytes;
        int unit = 0;
        while (amount >= 1024 && unit < BYTE_UNITS.size() - 1) {
            amount /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", amount, BYTE_UNITS.get(unit));
    }

    /** An age in its largest unit: {@code 12 s}, {@code 3 min}, {@code 1 h}, {@code 4 d}. */
    static String age(Duration age) {
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min";
        }
        return seconds < 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }

    /** How long something took: {@code 11 ms}, {@code 0.4 s}, {@code 12 s}, {@code 2 min}. */
    static String took(Duration time) {
        long millis = Math.max(0, time.toMillis());
        if (millis < 100) {
            return millis + " ms";
        }
        return millis < 10_000 ? String.format(Locale.ROOT, "%.1f s", millis / 1000.0) : age(time);
    }

    /** Cores in use, of nanoseconds of CPU a second. */
    static String cores(long nanoCores) {
        return String.format(Locale.ROOT, "%.2f", nanoCores / 1e9);
    }

    /** The start of an id or digest: enough to tell it from others and to give it to a command. */
    static String shortId(String id) {
        String plain = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
        return plain.length() <= SHORT_ID ? plain : plain.substring(0, SHORT_ID);
    }
}
