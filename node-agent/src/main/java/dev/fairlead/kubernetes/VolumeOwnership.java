package dev.fairlead.kubernetes;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** Gives a volume to the pod's fsGroup: its members may do there what the owner may, and new files belong to the group too. */
final class VolumeOwnership {
    private static final int GROUP_READ_WRITE = 0660;
    private static final int READ = 0440;
    private static final int DIRECTORY = 02110;

    private VolumeOwnership() {}

    /** @param gid the group; symbolic links are left alone */
    static void give(Path volume, long gid, boolean readOnly) throws IOException {
        int added = readOnly ? READ : GROUP_READ_WRITE;
        Files.walkFileTree(volume, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                change(directory, gid, added | DIRECTORY);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!attributes.isSymbolicLink()) {
                    change(file, gid, added);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void change(Path path, long gid, int added) throws IOException {
        int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        // The group first: chown(2) clears set-group-ID.
        Files.setAttribute(path, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:mode", (mode & 07777) | added);
    }
}
