package dev.fairlead.image;

/** Told how a pull gets on; called from several threads at once, often, and must not block. */
@FunctionalInterface
public interface PullProgress {
    /** Does nothing. */
    PullProgress NONE = (layer, phase, done, total) -> {};

    /** What happens to a layer. */
    enum Phase {
        /** Bytes as they arrive. */
        DOWNLOADING,
        /** Bytes of the compressed layer that are unpacked. */
        UNPACKING,
        /** It is in the store; this comes once for each layer. */
        DONE
    }

    /**
     * Reports one layer.
     * @param layer digest of its blob
     * @param done bytes of the blob, at most {@code total}; smaller than before where a transfer starts again
     * @param total size of the blob in bytes
     */
    void layer(Digest layer, Phase phase, long done, long total);
}
