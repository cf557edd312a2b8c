package dev.fairlead.image.layer;

import dev.fairlead.linux.Fd;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Directories that are ours alone, and removed with all that is in them. */
public final class FileTree {
    private FileTree() {}

    /** Empties a directory that is held open. */
    static void removeContent(Fd directory) throws IOException {
        // The dot makes the magic link a directory; below it, nothing is followed.
        Path tree = Path.of("/proc/self/fd", Integer.toString(directory.number()), ".");
        try (DirectoryStream<Path> children = Files.newDirectoryStream(tree)) {
            for (Path child : children) {
                remove(child);
            }
        }
    }

    /** Removes {@code tree}, links as links; nothing where it does not exist. */
    public static void remove(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
