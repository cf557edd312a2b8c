package dev.fairlead.libcontainer.rootfs;

import java.nio.file.Path;
import java.util.List;

/**
 * A directory or file of an image that is mounted as a volume. The layers become an overlay without an upper directory: read-only for whoever
 * may remount what he sees, too.
 *
 * @param layers unpacked, the topmost first; two at least, as overlayfs takes no single one then: below the only layer of an image lies an
 *     empty directory
 * @param subPath of what is mounted, as the image sees it: links are followed and end inside; empty: all of it
 */
public record LayeredVolume(List<Path> layers, String subPath) {
    public LayeredVolume {
        layers = List.copyOf(layers);
        if (layers.size() < 2) {
            throw new IllegalArgumentException("a volume of " + layers.size() + " layers");
        }
    }
}
