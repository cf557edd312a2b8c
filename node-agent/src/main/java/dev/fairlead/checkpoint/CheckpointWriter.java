package dev.fairlead.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.libcontainer.criu.Externals;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Collects what belongs to a checkpoint in a directory of its own, and makes an archive of it. Closing it removes the directory. */
public final class CheckpointWriter implements AutoCloseable {
    private static final String UNFINISHED = ".unfinished";

    private final Path directory;
    private final Deadline deadline;
    private final List<Path> elsewhere = new ArrayList<>();

    private CheckpointWriter(Path directory, Deadline deadline) {
        this.directory = directory;
        this.deadline = deadline;
    }

    /** Begins; what an attempt that was cut off has left in {@code directory} is removed. */
    public static CheckpointWriter in(Path directory, Deadline deadline) throws IOException {
        FileTree.remove(directory);
        var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectory(directory, mode);
        Files.createDirectory(directory.resolve(CheckpointArchive.IMAGES), mode);
        return new CheckpointWriter(directory, deadline);
    }

    /** Where CRIU writes its log and statistics. */
    public Path directory() {
        return directory;
    }

    /** Where CRIU writes its images. */
    public Path images() {
        return directory.resolve(CheckpointArchive.IMAGES);
    }

    /** Adds who the container is. */
    public void describe(CheckpointDescription description, Spec spec, JsonNode status) throws IOException {
        write(CheckpointArchive.CONFIG, description.toJson());
        write(CheckpointArchive.SPEC, OciJson.mapper().valueToTree(spec));
        write(CheckpointArchive.STATUS, status);
    }

    /** Adds what CRIU was told not to save. */
    public void add(Externals externals) throws IOException {
        write(CheckpointArchive.IMAGES + '/' + CheckpointArchive.STDIO, list(externals.stdio()));
        write(CheckpointArchive.IMAGES + '/' + CheckpointArchive.EXTERNAL_MOUNTS, list(externals.mounts()));
    }

    /**
     * Adds what the container has made of its image; it must be stopped.
     * @param layers of the image, topmost first
     */
    public void addRoot(Path upper, List<Path> layers) throws IOException {
        List<String> deleted;
        try (OutputStream out = Files.newOutputStream(directory.resolve(CheckpointArchive.ROOT_DIFFERENCE))) {
            deleted = RootDifference.write(upper, layers, out, deadline);
        }
        if (!deleted.isEmpty()) {
            write(CheckpointArchive.DELETED, list(deleted));
        }
    }

    /** Adds the container's log, where there is one, when the archive is made. */
    public void addLog(Optional<Path> log) {
        log.filter(Files::isRegularFile).ifPresent(elsewhere::add);
    }

    private static JsonNode list(List<String> texts) {
        var list = OciJson.mapper().createArrayNode();
        texts.forEach(list::add);
        return list;
    }

    private void write(String name, JsonNode content) throws IOException {
        Files.write(directory.resolve(name), OciJson.mapper().writeValueAsBytes(content));
    }

    /** Makes the archive, for root alone: it has all that was in the memory of the processes. It is whole, or not there. */
    public void archive(Path location) throws IOException {
        Path unfinished = location.resolveSibling(location.getFileName() + UNFINISHED);
        Files.deleteIfExists(unfinished);
        Files.createFile(
                unfinished, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try {
            try (OutputStream out = Files.newOutputStream(unfinished, StandardOpenOption.WRITE);
                    TarWriter tar = new TarWriter(out, deadline)) {
                addAll(tar);
            }
            Files.move(unfinished, location, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(unfinished);
            throw e;
        }
    }

    private void addAll(TarWriter tar) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : (Iterable<Path>) all.sorted()::iterator) {
                String name = directory.relativize(file).toString();
                if (!name.isEmpty()) {
                    tar.add(file, Files.isDirectory(file) ? name + '/' : name);
                }
            }
        }
        for (Path log : elsewhere) {
            tar.add(log, CheckpointArchive.LOG);
        }
    }

    @Override
    public void close() throws IOException {
        FileTree.remove(directory);
    }
}
