package dev.fairlead.e2e;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A second Fairlead whose data directory is on a disk of some megabytes. */
final class SmallDisk implements AutoCloseable {
    private static final Path DIRECTORY = Path.of("/run/small-disk");

    private @Nullable Daemon daemon;

    private SmallDisk() {}

    static SmallDisk mount(int megabytes) throws IOException {
        Files.createDirectories(DIRECTORY);
        Command.run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", DIRECTORY.toString())
                .output();
        return new SmallDisk();
    }

    Path directory() {
        return DIRECTORY;
    }

    Cri start() throws IOException {
        Daemon started = Daemon.fairlead(Path.of("/run/fairlead-small"), DIRECTORY);
        daemon = started;
        started.start();
        return new Cri(started.socket());
    }

    /** KiB in use. */
    long used() throws IOException {
        FileStore store = Files.getFileStore(DIRECTORY);
        return (store.getTotalSpace() - store.getUnallocatedSpace()) >> 10;
    }

    @Override
    public void close() throws IOException {
        if (daemon != null) {
            daemon.stop();
        }
        Command.run("umount", DIRECTORY.toString()).output();
        Files.delete(DIRECTORY);
        Command.run("rm", "-rf", "/run/fairlead-small").output();
    }
}
