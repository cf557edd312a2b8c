package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Namespaces;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;

/** The thread that builds a container's root file system, and ends. */
public final class RootfsThread {
    private RootfsThread() {}

    /**
     * Builds the root file system of a container whose init waits for it.
     *
     * <p>Nothing of it is seen on the host: it lies in init's mount namespace and goes with it. That is also the undo: where this fails, what
     * was mounted ends with init, and every descriptor is closed. Only names that were made in a writable root stay in its upper directory.
     *
     * <p>An init without a mount namespace of its own shares the host's. Then the root lies on its attach point for all to see, private and
     * otherwise without effect on the host's mounts, until {@link #detach}.
     *
     * @param init its namespaces are joined; with {@code procMount}, that is its /proc, else a new procfs of the daemon's PID namespace
     * @param terminal peer of the container's pseudo-terminal for /dev/console, borrowed
     * @return the mounted root, for pivot_root; owned by the caller. While it is open, it keeps the container's mounts alive
     * @throws RootfsException says which step failed, on what and why
     */
    public static Fd build(RootfsRequest request, InitProcess init, Optional<Fd> terminal) throws RootfsException {
        try {
            return JobThread.call("rootfs of " + request.name(), () -> {
                Namespaces.unshareFileSystem();
                // Modes are meant as they are asked for; this thread has a mask of its own now.
                Namespaces.setUmask(0);
                try (RootfsBuilder builder = new RootfsBuilder(request, init)) {
                    builder.openSources(terminal);
                    builder.enter();
                    return builder.build();
                }
            });
        } catch (RootfsException e) {
            throw e;
        } catch (IOException e) {
            throw new RootfsException("thread", e);
        }
    }

    /**
     * Takes a root off the host, with all that is mounted on it; nothing happens where none is, as with every container that has a mount
     * namespace.
     * @param attachPoint of its request
     */
    public static void detach(Path attachPoint) throws ErrnoException {
        try {
            Mounts.unmount(attachPoint.toString(), EnumSet.of(UnmountFlag.DETACH, UnmountFlag.NOFOLLOW));
        } catch (ErrnoException e) {
            // Nothing is mounted there; or not even a directory is there.
            if (e.errno() != Errno.EINVAL && e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }
}
