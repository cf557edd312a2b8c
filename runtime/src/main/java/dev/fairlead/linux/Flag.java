package dev.fairlead.linux;

import java.util.Collection;

/** One bit, or one value of a field of bits, of a system call's flags. One enum an argument: kernels reuse values, not meanings. */
public interface Flag {
    /** The value as the kernel knows it. */
    long bits();

    /** All of {@code flags} in one word. */
    static long word(Collection<? extends Flag> flags) {
        long word = 0;
        for (Flag flag : flags) {
            word |= flag.bits();
        }
        return word;
    }
}
