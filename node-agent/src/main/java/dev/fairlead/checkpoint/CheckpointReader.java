package dev.fairlead.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.layer.Compression;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.oci.Mount;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A checkpoint that is unpacked.
 *
 * @param directory its files
 */
public record CheckpointReader(Path directory) {
    /**
     * Unpacks an archive. Of what is in it, files count and nothing else: a checkpoint has no links and devices.
     * @param directory is made
     */
    public static CheckpointReader unpack(Path archive, Path directory) throws IOException {
        FileTree.remove(directory);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectory(directory, mode);
        Files.createDirectory(directory.resolve(CheckpointArchive.IMAGES), mode);
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(Compression.plain(Files.newInputStream(archive)), "UTF-8")) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("unpacking a checkpoint was interrupted");
                }
                String name = name(entry);
                if (entry.isFile() && isWanted(name)) {
                    try (var out = Files.newOutputStream(
                            directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                        tar.transferTo(out);
                    }
                }
            }
        }
        return new CheckpointReader(directory);
    }

    static String name(TarArchiveEntry entry) {
        String name = entry.getName();
        return name.startsWith("./") ? name.substring(2) : name;
    }

    /** At the top or among CRIU's images; no other directory is part of a checkpoint, so no name leads out of it. */
    private static boolean isWanted(String name) {
        String file = name.startsWith(CheckpointArchive.IMAGES + '/')
                ? name.substring(CheckpointArchive.IMAGES.length() + 1)
                : name;
        return !file.isEmpty() && file.indexOf('/') < 0 && !file.equals("..") && !file.equals(".");
    }

    /** CRIU's images. */
    public Path images() {
        return directory.resolve(CheckpointArchive.IMAGES);
    }

    /**
     * Keys of the mounts that are not saved.
     * @param head for checkpoints by others, whose keys are destinations of bind mounts
     */
    public List<String> externalMounts(CheckpointHead head) throws IOException {
        Path file = images().resolve(CheckpointArchive.EXTERNAL_MOUNTS);
        if (Files.isRegularFile(file)) {
            return list(file);
        }
        return head.spec().mounts().stream()
                .filter(CheckpointReader::isBind)
                .map(Mount::destination)
                .distinct()
                .toList();
    }

    /** Whether a mount of a configuration shows something of the host. */
    public static boolean isBind(Mount mount) {
        return "bind".equals(mount.type())
                || mount.options().contains("bind")
                || mount.options().contains("rbind");
    }

    /** What the first process has as 0, 1 and 2. */
    public List<String> stdio() throws IOException {
        Path file = images().resolve(CheckpointArchive.STDIO);
        return Files.isRegularFile(file) ? list(file) : List.of();
    }

    /** Makes a new container's root what that of the checkpoint was: see {@link RootChange#apply}. */
    public void applyRoot(Path upper, List<Path> layers) throws IOException {
        Path deleted = directory.resolve(CheckpointArchive.DELETED);
        RootChange.apply(
                directory.resolve(CheckpointArchive.ROOT_DIFFERENCE),
                Files.isRegularFile(deleted) ? list(deleted) : List.of(),
                upper,
                layers);
    }

    private static List<String> list(Path file) throws IOException {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : OciJson.mapper().readTree(file.toFile())) {
            texts.add(text.asText());
        }
        return texts;
    }
}
