package dev.fairlead.image.store;

import dev.fairlead.image.ImageException.NoSpace;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;

/** Files that are there whole, or not at all, whenever the power fails: written beside, synced, renamed, and the name synced too. */
final class DurableFiles {
    private DurableFiles() {}

    /** Writes or replaces {@code file}. */
    static void write(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".new");
        try (Fd fd = create(temporary)) {
            IoBuffer buffer = new IoBuffer(Math.max(1, content.length));
            buffer.put(content, 0, content.length);
            FileIo.write(fd, buffer, content.length);
            FileIo.sync(fd);
        } catch (ErrnoException e) {
            Files.deleteIfExists(temporary);
            throw typed(e, file);
        }
        rename(temporary, file);
    }

    /** Makes an empty file, or empties it, for writing. */
    static Fd create(Path file) throws ErrnoException {
        return Openat.open(Fd.CWD, file.toString(), EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT, OpenFlag.TRUNC), 0600);
    }

    /** Gives what is synced already its name, and syncs that. */
    private static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        try (Fd directory = openDirectory(to.resolveSibling("."))) {
            FileIo.sync(directory);
        }
    }

    private static Fd openDirectory(Path directory) throws ErrnoException {
        return Openat.open(Fd.CWD, directory.toString(), EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY), 0);
    }

    /** Brings the file system of {@code directory} to the disk, other programs' writes included. */
    static void syncFileSystem(Path directory) throws IOException {
        try (Fd fd = openDirectory(directory)) {
            FileIo.syncFileSystem(fd);
        }
    }

    /** Says that the disk is full where it is. */
    static IOException typed(ErrnoException e, Path where) {
        return switch (e.errno()) {
            case ENOSPC, EDQUOT ->
                new NoSpace(
                        "no space is left for " + where + "; remove images or make the file system larger ("
                                + e.getMessage() + ')',
                        e);
            default -> e;
        };
    }
}
