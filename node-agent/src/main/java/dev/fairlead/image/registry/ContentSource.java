package dev.fairlead.image.registry;

import dev.fairlead.image.Digest;
import java.io.IOException;
import java.util.function.LongConsumer;

/** Where manifests and blobs come from: a repository at a registry, or an archive. */
public interface ContentSource {
    /** Gives the manifest or index of {@code digest}, checked against it. */
    FetchedManifest manifest(Digest digest) throws IOException, InterruptedException;

    /**
     * Gives a blob, checked against its digest.
     * @param size bytes, as its descriptor says
     * @param arrived told how many bytes are here
     */
    void blob(Digest digest, long size, BlobTarget target, LongConsumer arrived)
            throws IOException, InterruptedException;

    /** Where this is, to begin a message with: {@code registry registry.example, repository team/app}. */
    String label();
}
