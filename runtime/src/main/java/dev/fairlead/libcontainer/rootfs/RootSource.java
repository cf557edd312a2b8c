package dev.fairlead.libcontainer.rootfs;

import java.nio.file.Path;
import java.util.List;

/** What the root of a container is made of. Paths are those of the host. */
public sealed interface RootSource {
    /**
     * An overlay that is mounted for this container alone, and in its mount namespace alone.
     *
     * @param layers unpacked, the topmost first; at least one
     * @param upper takes what the container writes, and is the root that it sees: with a user namespace it belongs to the host's uid that is
     *     root's inside
     * @param work empty, on the same file system as {@code upper}
     */
    record Overlay(List<Path> layers, Path upper, Path work) implements RootSource {
        public Overlay {
            layers = List.copyOf(layers);
            if (layers.isEmpty()) {
                throw new IllegalArgumentException("an overlay root without a layer");
            }
        }
    }

    /** A directory as it is, with what is mounted below it. */
    record Directory(Path path) implements RootSource {}
}
