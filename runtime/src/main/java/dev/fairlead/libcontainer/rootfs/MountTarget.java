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
    /** Finds the target of a bind mount, links followed inside the root, or makes it in the kind of the source. */
    static MountTarget of(Rootfs rootfs, BindSource source) throws IOException {
        String destination = source.entry().destination();
        Optional<Fd> found = rootfs.find(destination);
        Fd fd;
        if (found.isPresent()) {
            fd = found.get();
        } else {
            guard(destination, source::isProcfs);
            fd = source.isDirectory() ? rootfs.newDirectory(destination, 0755) : rootfs.newFile(destination, 0644);
        }
        return guarded(rootfs, fd, found.isPresent(), source::isProcfs);
    }

    /** Finds the target of a file system that is no procfs, links followed inside the root, or makes a directory. */
    static MountTarget directory(Rootfs rootfs, String destination) throws IOException {
        Optional<Fd> found = rootfs.find(destination);
        if (found.isEmpty()) {
            guard(destination, () -> false);
        }
        Fd fd = found.isPresent() ? found.get() : rootfs.newDirectory(destination, 0755);
        return guarded(rootfs, fd, found.isPresent(), () -> false);
    }

    /**
     * Finds or makes a directory, with no link on the way: whoever could lead /proc or /sys elsewhere could feed the container a false one
     * (CVE-2023-27561).
     */
    static MountTarget plainDirectory(Rootfs rootfs, String destination, boolean procfs) throws IOException {
        // Judged by name first: below /proc not even a directory is made.
        guard(destination, () -> procfs);
        return guarded(rootfs, rootfs.directoryWithoutLinks(destination, 0755), true, () -> procfs);
    }

    /** Whether a procfs is mounted; asked only where it matters. */
    @FunctionalInterface
    private interface ProcfsQuestion {
        boolean isProcfs() throws IOException;
    }

    private static MountTarget guarded(Rootfs rootfs, Fd fd, boolean existed, ProcfsQuestion question)
            throws IOException {
        try {
            String path = rootfs.pathOf(fd);
            guard(path, question);
            return new MountTarget(fd, path, existed);
        } catch (IOException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Judges a path. Of what does not exist, that is the name, before anything is made: a thread of ours is in another PID namespace than the
     * container's procfs, in which /proc/self then leads nowhere.
     */
    private static void guard(String path, ProcfsQuestion question) throws IOException {
        boolean procfs = ProcGuard.judge(path) == ProcGuard.Verdict.PROC && question.isProcfs();
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
        int names = Stat.of(mount).links();
        String advice = names == 0 ? "" : ": it has other names, " + names + " in all, and each of them can be mounted";
        return e.explained(
                "the source is deleted, though some process has it open; the kernel mounts nothing under a name that"
                        + " is no more" + advice);
    }

    @Override
    public void close() {
        fd.close();
    }
}
