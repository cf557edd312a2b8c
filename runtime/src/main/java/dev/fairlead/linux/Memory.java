package dev.fairlead.linux;

import com.kenai.jffi.MemoryIO;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for the arguments of one call. It lives as long as the {@link Pointer} is reachable: who passes on its address needs a
 * {@link java.lang.ref.Reference#reachabilityFence} behind the call.
 *
 * <p>Small pieces are cut from slabs, each piece once: a container takes a thousand of them, and an allocation of its own for each would cost
 * more than most of the calls. A slab is freed when none of its pieces is reachable any more.
 */
final class Memory {
    private static final int SLAB_BYTES = 64 << 10;

    /** What is larger, or lives long, would keep a whole slab for itself. */
    private static final int LARGEST_PIECE = 2 << 10;

    private static final int ALIGNMENT = 8;

    /** None before the first piece: a native executable must not have one in its image. */
    private static final AtomicReference<@Nullable Slab> CURRENT = new AtomicReference<>();

    private static final Set<Block> BLOCKS = ConcurrentHashMap.newKeySet();
    private static final ReferenceQueue<Pointer> UNREACHABLE = new ReferenceQueue<>();

    private Memory() {}

    private record Slab(Pointer memory, AtomicInteger used) {}

    /** What was allocated, to be freed when nobody can reach it: a piece refers to the pointer that it was cut from. */
    private static final class Block extends PhantomReference<Pointer> {
        private final long address;

        Block(Pointer memory) {
            super(memory, UNREACHABLE);
            this.address = memory.address();
        }
    }

    /** Gives {@code size} zeroed bytes, size at least 1. */
    static Pointer zeroed(int size) {
        return size > LARGEST_PIECE ? ofItsOwn(size) : piece(size);
    }

    /** As {@link #zeroed}, for what is kept and used again. */
    static Pointer ofItsOwn(int size) {
        return allocate(size).slice(0, size);
    }

    /** By each allocation, what has become unreachable is freed: there is no thread that waits for it. */
    private static Pointer allocate(int size) {
        for (Reference<? extends Pointer> gone = UNREACHABLE.poll(); gone != null; gone = UNREACHABLE.poll()) {
            if (gone instanceof Block block && BLOCKS.remove(block)) {
                MemoryIO.getInstance().freeMemory(block.address);
            }
        }
        long address = MemoryIO.getInstance().allocateMemory(size, true);
        if (address == 0) {
            throw new OutOfMemoryError("no " + size + " bytes of native memory");
        }
        Pointer memory = Pointer.wrap(LibC.runtime(), address);
        BLOCKS.add(new Block(memory));
        return memory;
    }

    private static Pointer piece(int size) {
        int taken = (size + ALIGNMENT - 1) & -ALIGNMENT;
        while (true) {
            Slab slab = CURRENT.get();
            if (slab != null) {
                int offset = slab.used().getAndAdd(taken);
                if (offset <= SLAB_BYTES - taken) {
                    return slab.memory().slice(offset, size);
                }
            }
            CURRENT.compareAndSet(slab, new Slab(allocate(SLAB_BYTES), new AtomicInteger()));
        }
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
        Pointer memory = zeroed(bytes.length + 1);
        memory.put(0, bytes, 0, bytes.length);
        return memory;
    }

    /** Gives a copy of {@code bytes}; one byte of memory where there are none. */
    static Pointer bytes(byte[] bytes) {
        Pointer memory = zeroed(Math.max(1, bytes.length));
        memory.put(0, bytes, 0, bytes.length);
        return memory;
    }
}
