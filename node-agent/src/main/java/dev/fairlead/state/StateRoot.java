package dev.fairlead.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** The state root and the directories in it. The one class that knows their names. */
public final class StateRoot {
    private static final Path KERNEL_BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path root;

    private StateRoot(Path root) {
        this.root = root;
    }

    /**
     * Opens, and where it is missing makes, the state root.
     * @param root absolute, on a local file system; only root may look inside, as the files name what pods were given
     */
    public static StateRoot open(Path root) throws IOException {
        var onlyUs = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
        Files.createDirectories(root);
        for (String child : List.of("sandboxes", "containers")) {
            Path directory = root.resolve(child);
            if (!Files.isDirectory(directory)) {
                Files.createDirectory(directory, onlyUs);
            }
        }
        return new StateRoot(root);
    }

    /** The state root of a path, as it is or is not there; makes nothing. */
    public static StateRoot at(Path root) {
        return new StateRoot(root);
    }

    /** The directory that the whole state lies in. */
    public Path path() {
        return root;
    }

    /** The directory of one sandbox; it need not exist. */
    public EntityDirectory sandbox(String id) {
        return new EntityDirectory(id, root.resolve("sandboxes").resolve(id));
    }

    /** The directory of one container; it need not exist. */
    public EntityDirectory container(String id) {
        return new EntityDirectory(id, root.resolve("containers").resolve(id));
    }

    /** All sandboxes that have a directory, whole ones and those that were cut off while they were made. */
    public List<EntityDirectory> sandboxes() throws IOException {
        return list(root.resolve("sandboxes"));
    }

    /** All containers that have a directory, whole ones and those that were cut off while they were made. */
    public List<EntityDirectory> containers() throws IOException {
        return list(root.resolve("containers"));
    }

    /** Whether this state was written since the machine came up; true as well where there is none yet. */
    public boolean isOfThisBoot() throws IOException {
        Path file = root.resolve("boot-id");
        return !Files.exists(file) || Files.readString(file).equals(Files.readString(KERNEL_BOOT_ID));
    }

    /** Marks the state as that of the present boot. */
    public void claimBoot() throws IOException {
        AtomicFile.write(
                root.resolve("boot-id"), Files.readString(KERNEL_BOOT_ID).getBytes(StandardCharsets.US_ASCII));
    }

    private static List<EntityDirectory> list(Path parent) throws IOException {
        List<EntityDirectory> directories = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(parent)) {
            for (Path child : children) {
                directories.add(new EntityDirectory(child.getFileName().toString(), child));
            }
        }
        return directories;
    }
}
