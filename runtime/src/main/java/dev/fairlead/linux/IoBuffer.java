package dev.fairlead.linux;

import jnr.ffi.Pointer;

/** Native memory that read(2) fills and write(2) empties, for use again and again by one thread at a time. */
public final class IoBuffer {
    private final Pointer memory;
    private final int size;

    /** Allocates {@code size} bytes, at least 1; they are freed with this object. */
    public IoBuffer(int size) {
        memory = Memory.zeroed(size);
        this.size = size;
    }

    /** How many bytes there is room for. */
    public int size() {
        return size;
    }

    /** Copies {@code length} bytes from the start into {@code target}. */
    public void get(byte[] target, int offset, int length) {
        memory.get(0, target, offset, checked(length));
    }

    /** Copies {@code length} bytes of {@code source} to the start. */
    public void put(byte[] source, int offset, int length) {
        memory.put(0, source, offset, checked(length));
    }

    /** Copies {@code length} bytes of {@code source} to where {@code at} bytes are already. */
    void put(int at, byte[] source, int offset, int length) {
        checked(at + length);
        memory.put(at, source, offset, length);
    }

    /** The address, for a call that touches at most {@code length} bytes. */
    Pointer forCall(int length) {
        checked(length);
        return memory;
    }

    private int checked(int length) {
        if (length < 0 || length > size) {
            throw new IndexOutOfBoundsException(length + " bytes of " + size);
        }
        return length;
    }
}
