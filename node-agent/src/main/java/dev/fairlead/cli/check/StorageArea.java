package dev.fairlead.cli.check;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Whether an overlay can be made of layers in the state directory: it is tried, on a mount that is never attached. */
final class StorageArea {
    private static final String AREA = "overlayfs";

    private StorageArea() {}

    static List<Finding> look(Path state) throws IOException {
        Path existing = existing(state);
        FileStore store = Files.getFileStore(existing);
        List<String> found = new ArrayList<>(List.of(store.type()));
        for (String option : List.of("metacopy", "redirect_dir")) {
            if (Files.exists(Path.of("/sys/module/overlay/parameters", option))) {
                found.add(option);
            }
        }
        found.add((store.getUsableSpace() >> 30) + " GiB free");
        try {
            tryOverlay(existing);
            return List.of(Finding.good(AREA, state.toString(), String.join(", ", found)));
        } catch (AccessDeniedException e) {
            return List.of(
                    Finding.note(AREA, state.toString(), "could not be tried without write permission: run as root"));
        } catch (ErrnoException e) {
            return List.of(problem(state, store, e));
        }
    }

    /** The directory, or the closest one above that exists: where it will be made. */
    static Path existing(Path directory) {
        Path existing = directory.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent() == null ? existing.getRoot() : existing.getParent();
        }
        return existing;
    }

    private static Finding problem(Path state, FileStore store, ErrnoException e) {
        return switch (e.errno()) {
            case EPERM -> Finding.note(AREA, state.toString(), "could not be tried: run as root");
            case ENODEV -> Finding.missing(AREA, "none", "the kernel has no overlayfs", "modprobe overlay");
            default ->
                Finding.missing(
                        AREA,
                        state.toString(),
                        "on " + store.type() + " no overlay can be made: " + e.getMessage(),
                        "give serve a --data-dir on ext4, xfs or btrfs");
        };
    }

    private static void tryOverlay(Path directory) throws IOException {
        Path scratch = Files.createTempDirectory(directory, ".check-");
        try {
            for (String name : List.of("lower", "upper", "work")) {
                Files.createDirectory(scratch.resolve(name));
            }
            try (Fd context = Mounts.fsopen("overlay")) {
                Mounts.setString(context, "lowerdir", scratch.resolve("lower").toString());
                Mounts.setString(context, "upperdir", scratch.resolve("upper").toString());
                Mounts.setString(context, "workdir", scratch.resolve("work").toString());
                Mounts.createSuperblock(context);
            }
        } finally {
            for (String name : List.of("work/work", "work/index", "work", "upper", "lower", "")) {
                Files.deleteIfExists(scratch.resolve(name));
            }
        }
    }
}
