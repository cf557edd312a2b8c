package dev.fairlead.kubernetes;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * What one run keeps on the host, as the kubelet does below its pods directory: volumes, hosts file, termination messages, logs.
 * @param path {@code <root>/<pod uid>}, made by {@link #create}, removed by {@link #close}
 */
record PodDirectory(Path path) implements Closeable {
    /** Makes it; the object returned removes it when closed. */
    PodDirectory create() throws IOException {
        Files.createDirectories(path.getParent());
        // Volumes may hold secrets: only root walks in here; containers get what they mount by bind mounts.
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return this;
    }

    /** Where a volume of this kind and name lives. */
    Path volume(String kind, String name) {
        return path.resolve("volumes").resolve(kind).resolve(name);
    }

    /** Where the subPath of one mount is bound. */
    Path subPath(String volume, String container, int mount) {
        return path.resolve("volume-subpaths")
                .resolve(volume)
                .resolve(container)
                .resolve(Integer.toString(mount));
    }

    Path etcHosts() {
        return path.resolve("etc-hosts");
    }

    /** The file that a container's terminationMessagePath is bound to. */
    Path terminationMessage(String container, int attempt) {
        return path.resolve("containers").resolve(container).resolve(Integer.toString(attempt));
    }

    Path logs() {
        return path.resolve("logs");
    }

    /** A container's log, relative to {@link #logs}. */
    static String log(String container, int attempt) {
        return container + "/" + attempt + ".log";
    }

    /** Removes everything; nothing may be mounted below any more. */
    @Override
    public void close() throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException problem)
                    throws IOException {
                if (problem != null) {
                    throw problem;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
        try {
            Files.deleteIfExists(path.getParent());
        } catch (DirectoryNotEmptyException othersRun) {
            // The last one removes it.
        }
    }
}
