package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Covers what a container may not read (libcontainer's maskPaths) and makes read-only what it may not write (readonlyPath). Paths that do not
 * exist are skipped; links are followed, inside the root.
 */
final class PathCovers implements AutoCloseable {
    private static final DeviceNumber NULL = new DeviceNumber(1, 3);
    private static final Set<TreeFlag> COPY = EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH);
    private static final Set<TreeFlag> COPY_ALL = EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH, TreeFlag.RECURSIVE);

    private final Rootfs rootfs;
    private final Optional<String> label;
    private Optional<Fd> empty = Optional.empty();

    PathCovers(Rootfs rootfs, Optional<String> label) {
        this.rootfs = rootfs;
        this.label = label;
    }

    /** Covers files with /dev/null and directories with an empty, read-only tmpfs. */
    void mask(List<String> paths) throws RootfsException {
        if (paths.isEmpty()) {
            return;
        }
        try (Fd devNull = Step.get(() -> "masked paths", PathCovers::openDevNull)) {
            for (String path : new LinkedHashSet<>(paths)) {
                Step.run(() -> "masked path " + path, () -> mask(path, devNull));
            }
        }
    }

    private void mask(String path, Fd devNull) throws IOException {
        Optional<Fd> found = find(path);
        if (found.isEmpty()) {
            return;
        }
        try (Fd object = found.get()) {
            if (Stat.of(object).type() == FileType.DIRECTORY) {
                cover(object);
            } else {
                attachCopy(devNull, object);
            }
        }
    }

    /** One file system for all of them; each further directory gets a copy of the mount. */
    private void cover(Fd directory) throws IOException {
        if (empty.isPresent()) {
            attachCopy(empty.get(), directory);
            return;
        }
        List<NewFileSystem.Option> options = new ArrayList<>();
        options.add(new NewFileSystem.Option("ro", ""));
        // The directory alone, which stays empty: no room for anything, should it ever be made writable.
        options.add(new NewFileSystem.Option("size", "4k"));
        options.add(new NewFileSystem.Option("nr_inodes", "1"));
        label.ifPresent(text -> options.add(new NewFileSystem.Option("context", text)));
        Fd made = NewFileSystem.mount("tmpfs", "tmpfs", options, EnumSet.of(Attribute.RDONLY));
        empty = Optional.of(made);
        Mounts.attach(made, directory);
    }

    private static void attachCopy(Fd mount, Fd target) throws ErrnoException {
        try (Fd copy = Mounts.openTree(mount, "", COPY)) {
            Mounts.attach(copy, target);
        }
    }

    /** Mounts each path on itself, read-only with all that is mounted below it; its other attributes stay. */
    void makeReadOnly(List<String> paths) throws RootfsException {
        for (String path : paths) {
            Step.run(() -> "read-only path " + path, () -> makeReadOnly(path));
        }
    }

    private void makeReadOnly(String path) throws IOException {
        Optional<Fd> found = find(path);
        if (found.isEmpty()) {
            return;
        }
        try (Fd object = found.get();
                Fd copy = Mounts.openTree(object, "", COPY_ALL)) {
            Mounts.setAttributesRecursively(copy, AttributeChange.set(Attribute.RDONLY));
            Mounts.attach(copy, object);
        }
    }

    /** The host's, of which no container had a hand on the name; and still it is looked at (CVE-2025-31133). */
    private static Fd openDevNull() throws IOException {
        Fd devNull = Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW), 0);
        try {
            if (!Stat.of(devNull).isDevice(FileType.CHARACTER_DEVICE, NULL)) {
                throw new IOException("/dev/null of the host is not the null device (character device 1:3)");
            }
            return devNull;
        } catch (IOException e) {
            devNull.close();
            throw e;
        }
    }

    @Override
    public void close() {
        empty.ifPresent(Fd::close);
    }

    /** What is at a path, owned; empty: nothing is. */
    private Optional<Fd> find(String path) throws IOException {
        try {
            return rootfs.find(path);
        } catch (ErrnoException e) {
            // A file in the middle of the path: then the path does not exist either.
            if (e.errno() != Errno.ENOTDIR) {
                throw e;
            }
            return Optional.empty();
        }
    }
}
