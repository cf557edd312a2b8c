package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Checks that a hostPath is what its type says, and makes what is to be made. */
final class HostPaths {
    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFCHR = 0020000;

    private HostPaths() {}

    /**
     * The path to mount.
     * @param at the volume's place in the manifest, for messages
     */
    static Path prepare(HostPathVolumeSource source, String at) throws IOException {
        if (source.getPath() == null || !source.getPath().startsWith("/")) {
            throw new ManifestException(at + ".path", "must be absolute");
        }
        Path path = Path.of(source.getPath());
        for (Path name : path) {
            if (name.toString().equals("..")) {
                throw new ManifestException(at + ".path", "\"..\" is not allowed");
            }
        }
        String type = source.getType() == null ? "" : source.getType();
        switch (type) {
            case "" -> {} // whatever is there; the runtime says so when nothing is
            case "DirectoryOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createDirectories(
                            path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
                }
                require(Files.isDirectory(path), path, "directory", at);
            }
            case "Directory" -> require(Files.isDirectory(path), path, "directory", at);
            case "FileOrCreate" -> {
                if (!Files.exists(path)) {
                    Files.createFile(
                            path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
                }
                require(Files.isRegularFile(path), path, "file", at);
            }
            case "File" -> require(Files.isRegularFile(path), path, "file", at);
            case "Socket" -> require(isOfType(path, S_IFSOCK), path, "socket", at);
            case "CharDevice" -> require(isOfType(path, S_IFCHR), path, "character device", at);
            case "BlockDevice" -> require(isOfType(path, S_IFBLK), path, "block device", at);
            default ->
                throw new ManifestException(
                        at + ".type",
                        "\"" + type
                                + "\" is none of DirectoryOrCreate, Directory, FileOrCreate, File, Socket, CharDevice, BlockDevice");
        }
        return path;
    }

    private static boolean isOfType(Path path, int type) throws IOException {
        return Files.exists(path) && ((int) Files.getAttribute(path, "unix:mode") & S_IFMT) == type;
    }

    private static void require(boolean fulfilled, Path path, String what, String at) {
        if (!fulfilled) {
            throw new ManifestException(
                    at,
                    path + (Files.exists(path) ? " is no " + what : " does not exist; a " + what + " must be there"));
        }
    }
}
