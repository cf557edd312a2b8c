package dev.fairlead.pod;

import dev.fairlead.checkpoint.CheckpointHead;
import dev.fairlead.checkpoint.CheckpointReader;
import dev.fairlead.image.Image;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.image.store.Snapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where the checkpoint is that a container shall begin with. */
sealed interface RestoreSource {
    /** What it is a checkpoint of. */
    CheckpointHead head() throws IOException;

    /** All of it, as long as the new container has its snapshot. */
    CheckpointReader open(Snapshot snapshot) throws IOException;

    /** A file of this node, as CheckpointContainer writes it. */
    record Archive(Path file) implements RestoreSource {
        /** Beside the container's upper directory, and gone with it. */
        private static final String UNPACKED = "checkpoint";

        @Override
        public CheckpointHead head() throws IOException {
            return CheckpointHead.of(file);
        }

        @Override
        public CheckpointReader open(Snapshot snapshot) throws IOException {
            return CheckpointReader.unpack(file, snapshot.upper().resolveSibling(UNPACKED));
        }
    }

    /** An image with the archive's files in one of its layers, as {@code buildah add} makes it of an archive. */
    record OfImage(Image image, Snapshots snapshots, String containerId) implements RestoreSource {
        /** No volume of the container has this number. */
        private static final int NUMBER = -1;

        private static final String PEEK = ".checkpoint";

        @Override
        public CheckpointHead head() throws IOException {
            // Its layers must stay while they are read, and the container has no snapshot yet.
            String peek = containerId + PEEK;
            List<Path> layers = snapshots.create(peek, image).lower();
            try {
                return CheckpointHead.in(layerOf(layers));
            } finally {
                snapshots.remove(peek);
            }
        }

        @Override
        public CheckpointReader open(Snapshot snapshot) throws IOException {
            return new CheckpointReader(layerOf(snapshots.addVolume(containerId, NUMBER, image)));
        }

        private static Path layerOf(List<Path> layers) {
            return layers.stream()
                    .filter(layer -> Files.isRegularFile(layer.resolve("config.dump")))
                    .findFirst()
                    .orElse(layers.getFirst());
        }
    }
}
