package dev.fairlead.log;

import dev.fairlead.log.LogJournal.FileKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** A log file, open for writing. Not with O_APPEND: a write that is repeated after a crash goes where the first one went. */
final class LogFile implements AutoCloseable {
    /** The kubelet and node agents read logs as root; nobody else needs to. */
    private static final FileAttribute<Set<PosixFilePermission>> MODE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----"));

    private final Path path;
    private final FileChannel file;
    private final FileKey key;

    private LogFile(Path path, FileChannel file, FileKey key) {
        this.path = path;
        this.file = file;
        this.key = key;
    }

    /** Opens the file at {@code path}; makes it, and its directory, where they are not there. */
    static LogFile open(Path path) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        FileChannel file = FileChannel.open(path, Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE), MODE);
        try {
            return new LogFile(path, file, keyOf(path));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Finds the file that was at {@code path} once, and has been renamed since within its directory, as log rotation does. */
    static Optional<LogFile> openRenamed(Path path, FileKey key) throws IOException {
        Path directory = path.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, path.getFileName() + "*")) {
            for (Path candidate : files) {
                if (keyOf(candidate).equals(key)) {
                    return Optional.of(
                            new LogFile(candidate, FileChannel.open(candidate, StandardOpenOption.WRITE), key));
                }
            }
        }
        return Optional.empty();
    }

    private static FileKey keyOf(Path path) throws IOException {
        return new FileKey(number(path, "unix:dev"), number(path, "unix:ino"));
    }

    private static long number(Path path, String attribute) throws IOException {
        return Files.getAttribute(path, attribute) instanceof Long number ? number : 0;
    }

    FileKey key() {
        return key;
    }

    /** Where the next line goes: asked anew each time, since a log may be truncated by others. */
    long size() throws IOException {
        return file.size();
    }

    /** Writes all that remains in {@code bytes}. */
    void write(ByteBuffer bytes, long offset) throws IOException {
        while (bytes.hasRemaining()) {
            offset += file.write(bytes, offset);
        }
    }

    /** Takes back an attempt that failed half-way. */
    void truncate(long size) throws IOException {
        file.truncate(size);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
