package dev.fairlead.pod;

import dev.fairlead.image.Image;

/** What the kubelet finds images by. */
final class ImageReferences {
    private ImageReferences() {}

    /** A digest of the repository, as that is what the kubelet compares; an image that was never pulled has only its id. */
    static String of(Image image) {
        return image.repoDigests().isEmpty()
                ? image.id().toString()
                : image.repoDigests().getFirst();
    }
}
