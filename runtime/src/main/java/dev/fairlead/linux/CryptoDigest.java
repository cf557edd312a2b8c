package dev.fairlead.linux;

import java.lang.ref.Cleaner;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Optional;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * A hash computed by OpenSSL's libcrypto, which uses the instructions that the processor has for it: in a native executable, whose compiler
 * does not, SHA-256 is four times as fast. The library is not part of every system: {@link #of} says where it is missing.
 */
public final class CryptoDigest extends MessageDigest {
    private static final String SHARED_OBJECT = "libcrypto.so.3";
    private static final int BUFFER = 32 << 10;

    private final Pointer algorithm;
    private final int length;
    private final IoBuffer buffer = new IoBuffer(BUFFER);
    /** What is in {@link #buffer} and not yet hashed: parsers read archives a few bytes at a time. */
    private int filled;

    private @Nullable Context context;

    private CryptoDigest(String name, int length, Pointer algorithm) {
        super(name);
        this.length = length;
        this.algorithm = algorithm;
    }

    /**
     * A fresh hash.
     * @param name as {@link MessageDigest} has it: SHA-256 or SHA-512
     * @return empty: this system has no libcrypto of OpenSSL 3, or it knows no such hash
     */
    public static Optional<MessageDigest> of(String name) {
        return switch (name) {
            case "SHA-256" -> of(name, 32, Holder.SHA256);
            case "SHA-512" -> of(name, 64, Holder.SHA512);
            default -> Optional.empty();
        };
    }

    private static Optional<MessageDigest> of(String name, int length, @Nullable Pointer algorithm) {
        return algorithm == null ? Optional.empty() : Optional.of(new CryptoDigest(name, length, algorithm));
    }

    @Override
    protected int engineGetDigestLength() {
        return length;
    }

    @Override
    protected void engineUpdate(byte input) {
        engineUpdate(new byte[] {input}, 0, 1);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int count) {
        int done = 0;
        while (done < count) {
            int piece = Math.min(count - done, BUFFER - filled);
            buffer.put(filled, input, offset + done, piece);
            filled += piece;
            done += piece;
            if (filled == BUFFER) {
                flush();
            }
        }
    }

    private void flush() {
        Context hashing = context();
        check("EVP_DigestUpdate", library().EVP_DigestUpdate(hashing.pointer, buffer.forCall(filled), filled));
        filled = 0;
    }

    private Context context() {
        if (context == null) {
            context = new Context(algorithm);
        }
        return context;
    }

    @Override
    protected byte[] engineDigest() {
        flush();
        Pointer digest = Memory.zeroed(length);
        check("EVP_DigestFinal_ex", library().EVP_DigestFinal_ex(context().pointer, digest, null));
        byte[] bytes = new byte[length];
        digest.get(0, bytes, 0, length);
        engineReset();
        return bytes;
    }

    @Override
    protected int engineDigest(byte[] target, int offset, int room) throws DigestException {
        if (room < length) {
            throw new DigestException("a digest of " + length + " bytes does not fit into " + room);
        }
        System.arraycopy(engineDigest(), 0, target, offset, length);
        return length;
    }

    @Override
    protected void engineReset() {
        filled = 0;
        if (context != null) {
            context.free();
            context = null;
        }
    }

    /** It has memory of its own. */
    @Override
    public Object clone() throws CloneNotSupportedException {
        throw new CloneNotSupportedException("a digest by libcrypto is not copied");
    }

    private static void check(String call, int result) {
        if (result != 1) {
            throw new IllegalStateException(call + " of " + SHARED_OBJECT + " returned " + result);
        }
    }

    private static LibCrypto library() {
        LibCrypto library = Holder.LIBRARY;
        if (library == null) {
            throw new IllegalStateException(SHARED_OBJECT + " is not there");
        }
        return library;
    }

    /** An EVP_MD_CTX; freed at the latest when nobody has it any more. */
    private static final class Context {
        private final Pointer pointer;
        private final Cleaner.Cleanable freeing;

        Context(Pointer algorithm) {
            Pointer made = library().EVP_MD_CTX_new();
            if (made == null) {
                throw new OutOfMemoryError("EVP_MD_CTX_new of " + SHARED_OBJECT);
            }
            pointer = made;
            freeing = Holder.CLEANER.register(this, () -> library().EVP_MD_CTX_free(made));
            check("EVP_DigestInit_ex2", library().EVP_DigestInit_ex2(made, algorithm, null));
        }

        void free() {
            freeing.clean();
        }
    }

    /** Initialized when first asked for: an image must not load a library while it is built. */
    private static final class Holder {
        private static final Cleaner CLEANER = Cleaner.create();
        private static final @Nullable LibCrypto LIBRARY;
        private static final @Nullable Pointer SHA256;
        private static final @Nullable Pointer SHA512;

        static {
            LibCrypto library = null;
            try {
                library = SharedLibrary.load(LibCrypto.class, SHARED_OBJECT);
            } catch (LinkageError | RuntimeException _) {
                // Java's own digests are there, and slower.
            }
            LIBRARY = library;
            SHA256 = library == null ? null : library.EVP_MD_fetch(null, "SHA2-256", null);
            SHA512 = library == null ? null : library.EVP_MD_fetch(null, "SHA2-512", null);
        }
    }
}
