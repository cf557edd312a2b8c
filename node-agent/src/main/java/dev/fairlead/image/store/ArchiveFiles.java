package dev.fairlead.image.store;

import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.layer.Compression;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.IoBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The files of an archive by their names in it: a directory as it is, a tar taken apart in a directory of our own. */
final class ArchiveFiles implements AutoCloseable {
    private static final int BUFFER = 128 << 10;
    private static final int MOST_LINKS = 8;
    private static final int MOST_FILES = 100_000;

    private final Map<String, Path> files = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();
    private final Optional<Path> directory;
    private final Optional<Path> scratch;

    private ArchiveFiles(Optional<Path> directory, Optional<Path> scratch) {
        this.directory = directory;
        this.scratch = scratch;
    }

    /**
     * Opens an archive.
     * @param archive a directory, or a tar: plain, gzip or zstd
     * @param scratch for the files of a tar; made here, removed by {@link #close}
     */
    static ArchiveFiles open(Path archive, Path scratch) throws IOException {
        if (Files.isDirectory(archive)) {
            return new ArchiveFiles(Optional.of(archive), Optional.empty());
        }
        ArchiveFiles files = new ArchiveFiles(Optional.empty(), Optional.of(scratch));
        try {
            Files.createDirectory(scratch);
            files.takeApart(archive, scratch);
            return files;
        } catch (ErrnoException e) {
            files.close();
            throw DurableFiles.typed(e, scratch);
        } catch (IOException | RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** Names in the tar become keys of a map, and never names of files. */
    private void takeApart(Path archive, Path scratch) throws IOException {
        try (InputStream in = Compression.plain(Files.newInputStream(archive))) {
            TarArchiveInputStream tar = new TarArchiveInputStream(in, StandardCharsets.UTF_8.name());
            IoBuffer nativeBuffer = new IoBuffer(BUFFER);
            byte[] buffer = new byte[BUFFER];
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = normal("", entry.getName());
                if (entry.isSymbolicLink()) {
                    links.put(name, normal(parent(name), entry.getLinkName()));
                } else if (entry.isLink()) {
                    links.put(name, normal("", entry.getLinkName()));
                } else if (entry.isFile()) {
                    if (files.size() == MOST_FILES) {
                        throw new BadImage(
                                archive + ": has more than " + MOST_FILES + " files; it is no image archive");
                    }
                    Path file = scratch.resolve("file-" + files.size());
                    try (Fd fd = DurableFiles.create(file)) {
                        int read;
                        while ((read = tar.read(buffer, 0, BUFFER)) > 0) {
                            nativeBuffer.put(buffer, 0, read);
                            FileIo.write(fd, nativeBuffer, read);
                        }
                    }
                    files.put(name, file);
                }
            }
        } catch (ErrnoException | ImageException | FileSystemException e) {
            throw e;
        } catch (IOException | IllegalArgumentException e) {
            throw new BadImage(archive + ": is no archive of \"docker save\" and no OCI layout: " + e.getMessage(), e);
        }
    }

    /** The file of that name, where there is one. */
    Optional<Path> find(String name) {
        if (directory.isPresent()) {
            String inside = normal("", name);
            Path file = directory.get().resolve(inside);
            return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
        }
        String wanted = normal("", name);
        for (int i = 0; i < MOST_LINKS && links.containsKey(wanted); i++) {
            wanted = links.getOrDefault(wanted, wanted);
        }
        return Optional.ofNullable(files.get(wanted));
    }

    /** Without dots: what leaves the archive begins at its root. */
    private static String normal(String from, String name) {
        Path path = Path.of("/").resolve(from).resolve(name.replace("\0", "?")).normalize();
        return path.toString().substring(1);
    }

    private static String parent(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    @Override
    public void close() throws IOException {
        if (scratch.isPresent()) {
            FileTree.remove(scratch.get());
        }
    }
}
