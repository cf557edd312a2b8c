package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.Reference;
import dev.fairlead.oci.Descriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One entry of index.json: a manifest of our platform, under a name or without one.
 *
 * @param name with a tag or a digest; empty for an image that was loaded without a name, or lost it to another
 * @param repoDigest what the registry answered with for that name, of an index where it is one; empty for what was loaded
 * @param pinned not to be collected by the kubelet
 */
record StoredName(
        Digest manifest,
        String mediaType,
        long manifestSize,
        Optional<Reference> name,
        Optional<Digest> repoDigest,
        boolean pinned) {
    /** Read by skopeo, umoci and oras. */
    private static final String REF_NAME = "org.opencontainers.image.ref.name";
    /** Read by containerd and docker. */
    private static final String IMAGE_NAME = "io.containerd.image.name";

    private static final String REPO_DIGEST = "dev.fairlead.image.repo-digest";
    private static final String PINNED = "dev.fairlead.image.pinned";

    static StoredName of(Descriptor descriptor) throws ImageException {
        Map<String, String> annotations = descriptor.annotations();
        String name = annotations.getOrDefault(IMAGE_NAME, annotations.getOrDefault(REF_NAME, ""));
        String repoDigest = annotations.getOrDefault(REPO_DIGEST, "");
        return new StoredName(
                Digest.parse(descriptor.digest()),
                descriptor.mediaType() == null ? "" : descriptor.mediaType(),
                descriptor.size(),
                name.isEmpty() ? Optional.empty() : Optional.of(Reference.parse(name)),
                repoDigest.isEmpty() ? Optional.empty() : Optional.of(Digest.parse(repoDigest)),
                Boolean.parseBoolean(annotations.get(PINNED)));
    }

    Descriptor descriptor() {
        Map<String, String> annotations = new LinkedHashMap<>();
        name.ifPresent(reference -> {
            annotations.put(REF_NAME, reference.toString());
            annotations.put(IMAGE_NAME, reference.toString());
        });
        repoDigest.ifPresent(digest -> annotations.put(REPO_DIGEST, digest.toString()));
        if (pinned) {
            annotations.put(PINNED, "true");
        }
        return new Descriptor(
                mediaType,
                manifest.toString(),
                manifestSize,
                java.util.List.of(),
                annotations,
                null,
                null,
                null,
                Map.of());
    }

    /** The same image once its tag belongs to another: by the digest it came with, else without a name. */
    StoredName withoutTag() {
        Optional<Reference> pinnedName = name.flatMap(reference -> repoDigest.map(reference::withDigest));
        return new StoredName(manifest, mediaType, manifestSize, pinnedName, repoDigest, pinned);
    }
}
