package dev.fairlead.image.layer;

import dev.fairlead.linux.Fd;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Directories that are ours alone, and removed with all that is in them. */
public final class FileTree {
    private static final AtomicLong NAMES = new AtomicLong(System.nanoTime());

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

    /**
     * Removes {@code tree}, links as links; nothing where it does not exist. What a container nested deeper than a path can be long
     * (PATH_MAX, 4096 bytes) goes too; a crash meanwhile leaves names that begin with a dot beside it.
     */
    public static void remove(Path tree) throws IOException {
        if (!exists(tree)) {
            return;
        }
        if (Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
            Files.walkFileTree(tree, new Remover());
        } else {
            Files.delete(tree);
        }
        if (exists(tree)) {
            removeFlattened(tree);
        }
    }

    private static boolean exists(Path tree) {
        return Files.exists(tree, LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes what it can: needs no space, so it works on a full disk. */
    private static final class Remover extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            return removed(file);
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) {
            return removed(directory);
        }

        private static FileVisitResult removed(Path path) {
            try {
                Files.delete(path);
            } catch (IOException e) {
                // Found again by removeFlattened, which says why it cannot be removed.
            }
            return FileVisitResult.CONTINUE;
        }
    }

    /** Moves each directory to the top before it is emptied: no path is ever longer than two names. */
    private static void removeFlattened(Path tree) throws IOException {
        Path flat = tree.resolveSibling(".removing-" + NAMES.incrementAndGet());
        Files.createDirectory(flat);
        Files.move(tree, flat.resolve("top"), StandardCopyOption.ATOMIC_MOVE);
        for (boolean more = true; more; ) {
            more = false;
            try (DirectoryStream<Path> directories = Files.newDirectoryStream(flat)) {
                for (Path directory : directories) {
                    more = true;
                    empty(directory, flat);
                    Files.delete(directory);
                }
            }
        }
        Files.delete(flat);
    }

    private static void empty(Path directory, Path flat) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                try {
                    Files.delete(child);
                } catch (DirectoryNotEmptyException e) {
                    Files.move(
                            child,
                            flat.resolve(Long.toString(NAMES.incrementAndGet())),
                            StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }
}
