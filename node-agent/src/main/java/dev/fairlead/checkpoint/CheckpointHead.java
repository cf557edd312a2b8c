package dev.fairlead.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.layer.Compression;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What must be known of a checkpoint before anything is made of it.
 *
 * @param description of the container that it was
 * @param spec its OCI configuration
 */
public record CheckpointHead(CheckpointDescription description, Spec spec) {
    private static final int LARGEST = 16 << 20;

    /**
     * Reads the head of an archive, and nothing else of it.
     * @throws CheckpointException it is no checkpoint
     */
    public static CheckpointHead of(Path archive) throws IOException {
        Map<String, byte[]> found = new HashMap<>();
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(Compression.plain(Files.newInputStream(archive)), "UTF-8")) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null && found.size() < 2;
                    entry = tar.getNextEntry()) {
                String name = CheckpointReader.name(entry);
                if (name.equals(CheckpointArchive.CONFIG) || name.equals(CheckpointArchive.SPEC)) {
                    found.put(name, read(tar, name));
                }
            }
        }
        return of(archive, found.get(CheckpointArchive.CONFIG), found.get(CheckpointArchive.SPEC));
    }

    private static byte[] read(InputStream tar, String name) throws IOException {
        byte[] content = tar.readNBytes(LARGEST + 1);
        if (content.length > LARGEST) {
            throw new CheckpointException(name + " has more than " + LARGEST + " bytes: that is no checkpoint");
        }
        return content;
    }

    /** Reads the head of one that is unpacked. */
    public static CheckpointHead in(Path directory) throws IOException {
        return of(
                directory,
                readIfThere(directory.resolve(CheckpointArchive.CONFIG)),
                readIfThere(directory.resolve(CheckpointArchive.SPEC)));
    }

    private static byte @Nullable [] readIfThere(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return null;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString());
        }
    }

    private static CheckpointHead of(Path where, byte @Nullable [] config, byte @Nullable [] spec) throws IOException {
        if (config == null || spec == null) {
            throw new CheckpointException(where + " has no " + CheckpointArchive.CONFIG + " and "
                    + CheckpointArchive.SPEC + ": it is no checkpoint of a container");
        }
        JsonNode description = OciJson.mapper().readTree(config);
        return new CheckpointHead(
                CheckpointDescription.of(description), OciJson.mapper().readValue(spec, Spec.class));
    }
}
