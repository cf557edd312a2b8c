package dev.fairlead.pod;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Identifiers of sandboxes and containers: 64 hexadecimal digits, as the peers give them. */
final class Ids {
    private static final int BYTES = 32;

    private Ids() {}

    static String random() {
        byte[] bytes = new byte[BYTES];
        Source.RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Made on first use: a seed that was taken while an image was built would be everybody's. */
    private static final class Source {
        static final SecureRandom RANDOM = new SecureRandom();
    }
}
