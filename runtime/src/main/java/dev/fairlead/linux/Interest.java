package dev.fairlead.linux;

/** What one waits for on a descriptor: epoll_ctl(2). {@link Readiness#ERROR} and {@link Readiness#HANGUP} come unasked. */
public enum Interest implements Flag {
    /** Bytes, a connection, or the end of the stream can be read. */
    READ(0x1),
    /** Out-of-band conditions: pressure triggers, events of cgroup v1 files. */
    PRIORITY(0x2),
    /** A write would take at least one byte. */
    WRITE(0x4),
    /** The peer of a stream socket will send no more. */
    PEER_SHUTDOWN(0x2000);

    private final int bit;

    Interest(int bit) {
        this.bit = bit;
    }

    @Override
    public long bits() {
        return bit;
    }
}
