package dev.fairlead.linux;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** What epoll_wait(2) found on a descriptor. */
public enum Readiness implements Flag {
    READABLE(0x1),
    PRIORITY(0x2),
    WRITABLE(0x4),
    /** The far end is gone, or the device failed; on the write end of a pipe: nobody reads any more. */
    ERROR(0x8),
    /** The far end is closed; what it wrote before may still be unread. */
    HANGUP(0x10),
    PEER_SHUTDOWN(0x2000);

    /** All sets there are, by {@link #index}: an event costs no allocation. */
    private static final List<Set<Readiness>> SETS =
            IntStream.range(0, 1 << 6).mapToObj(Readiness::compose).toList();

    private final int bit;

    Readiness(int bit) {
        this.bit = bit;
    }

    @Override
    public long bits() {
        return bit;
    }

    /** The set that the kernel's word stands for; bits that we know nothing of are left out. */
    static Set<Readiness> of(int word) {
        return SETS.get(index(word));
    }

    /** The five low bits, and PEER_SHUTDOWN's next to them. */
    private static int index(int word) {
        return (word & 0x1f) | ((word & 0x2000) >> 8);
    }

    private static Set<Readiness> compose(int index) {
        EnumSet<Readiness> set = EnumSet.noneOf(Readiness.class);
        for (Readiness readiness : values()) {
            if ((index & index(readiness.bit)) != 0) {
                set.add(readiness);
            }
        }
        return Collections.unmodifiableSet(set);
    }
}
