package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Image;
import java.util.OptionalLong;

/**
 * Whom an image wants to run as.
 * @param uid where the image says a number
 * @param name where it says a name; empty otherwise
 */
record ImageUser(OptionalLong uid, String name) {
    /** As ImageStatus says it; an image that says nothing means root. */
    static ImageUser of(Image image) {
        if (image.hasUid()) {
            return new ImageUser(OptionalLong.of(image.getUid().getValue()), "");
        }
        return image.getUsername().isEmpty()
                ? new ImageUser(OptionalLong.of(0), "")
                : new ImageUser(OptionalLong.empty(), image.getUsername());
    }
}
