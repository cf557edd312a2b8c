package dev.fairlead.linux;

import java.nio.charset.StandardCharsets;
import jnr.ffi.Pointer;

/**
 * Native memory for the arguments of one call. It lives as long as the {@link Pointer} is reachable: who passes on its address needs a
 * {@link java.lang.ref.Reference#reachabilityFence} behind the call.
 */
final class Memory {
    private Memory() {}

    /** Gives {@code size} zeroed bytes, size at least 1. */
    static Pointer zeroed(int size) {
        Pointer memory = jnr.ffi.Memory.allocateDirect(LibC.runtime(), size);
        memory.setMemory(0, size, (byte) 0);
        return memory;
    }

    /**
     * Gives {@code text} in UTF-8 with a NUL behind it.
     * @throws IllegalArgumentException where the text has a NUL itself: the kernel would see another name than we do
     */
    static Pointer string(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + text.replace("\0", "\\0") + "\"");
        }
        Pointer memory = jnr.ffi.Memory.allocateDirect(LibC.runtime(), bytes.length + 1);
        memory.put(0, bytes, 0, bytes.length);
        memory.putByte(bytes.length, (byte) 0);
        return memory;
    }

    /** Gives a copy of {@code bytes}; one byte of memory where there are none. */
    static Pointer bytes(byte[] bytes) {
        Pointer memory = jnr.ffi.Memory.allocateDirect(LibC.runtime(), Math.max(1, bytes.length));
        memory.put(0, bytes, 0, bytes.length);
        return memory;
    }
}
