package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.Optional;

/**
 * Where a mount goes, as a descriptor: libcontainer's createOpenMountpoint and checkProcMount.
 *
 * @param fd owned
 * @param path inside, as the kernel says it
 * @param existed the image, or an earlier mount, had it
 */
record MountTarget(Fd fd, String path, boolean existed) implements AutoCloseable {
    /** What kind of target is made where there is none. */
    enum Kind {
        DIRECTORY,
        FILE
    }

    /** Finds the target, links followed inside the root, or makes it. */
    static MountTarget of(Rootfs rootfs, String destination, Kind kind, boolean procfs) throws IOException {
        Optional<Fd> found = rootfs.find(destination);
        Fd fd = found.isPresent()
                ? found.get()
                : switch (kind) {
                    case DIRECTORY -> rootfs.newDirectory(destination, 0755);
                    case FILE -> rootfs.newFile(destination, 0644);
                };
        return guarded(rootfs, fd, found.isPresent(), procfs);
    }

    /**
     * Finds or makes a directory, with no link on the way: whoever could lead /proc or /sys elsewhere could feed the container a false one
     * (CVE-2023-27561).
     */
    static MountTarget plainDirectory(Rootfs rootfs, String destination, boolean procfs) throws IOException {
        // Judged by name first: below /proc not even a directory is made.
        guard(destination, procfs);
        return guarded(rootfs, rootfs.directoryWithoutLinks(destination, 0755), true, procfs);
    }

    private static MountTarget guarded(Rootfs rootfs, Fd fd, boolean existed, boolean procfs) throws IOException {
        try {
            String path = rootfs.pathOf(fd);
            guard(path, procfs);
            return new MountTarget(fd, path, existed);
        } catch (IOException e) {
            fd.close();
            throw e;
        }
    }

    private static void guard(String path, boolean procfs) throws IOException {
        Optional<String> refusal = ProcGuard.refusal(path, procfs);
        if (refusal.isPresent()) {
            throw new IOException(refusal.get());
        }
    }

    /**
     * Attaches a mount here.
     * @throws ErrnoException with the reason behind it where the kernel's number has many meanings
     */
    void attach(Fd mount) throws IOException {
        try {
            Mounts.attach(mount, fd);
        } catch (ErrnoException e) {
            throw switch (e.errno()) {
                case EINVAL, ENOTDIR -> explainKinds(e, mount);
                case ENOENT -> explainDeleted(e, mount);
                default -> e;
            };
        }
    }

    private ErrnoException explainKinds(ErrnoException e, Fd mount) throws IOException {
        FileType source = Stat.of(mount).type();
        FileType target = Stat.of(fd).type();
        boolean mismatch = (source == FileType.DIRECTORY) != (target == FileType.DIRECTORY);
        return mismatch
                ? e.explained("the source is a " + source.words() + ", the target a " + target.words()
                        + "; a directory goes on a directory, anything else on a file")
                : e;
    }

    private static ErrnoException explainDeleted(ErrnoException e, Fd mount) throws IOException {
        return Stat.of(mount).links() == 0
                ? e.explained(
                        "the source is deleted, though some process has it open; the kernel mounts nothing that has lost its last name")
                : e;
    }

    @Override
    public void close() {
        fd.close();
    }
}
