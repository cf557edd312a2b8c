package dev.fairlead.image.layer;

import static dev.fairlead.linux.Openat.OpenFlag.CREAT;
import static dev.fairlead.linux.Openat.OpenFlag.DIRECTORY;
import static dev.fairlead.linux.Openat.OpenFlag.EXCL;
import static dev.fairlead.linux.Openat.OpenFlag.NOFOLLOW;
import static dev.fairlead.linux.Openat.OpenFlag.PATH;
import static dev.fairlead.linux.Openat.OpenFlag.RDONLY;
import static dev.fairlead.linux.Openat.OpenFlag.WRONLY;

import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The directory a layer is unpacked into. Every path is resolved by the kernel with RESOLVE_BENEATH: a name that leads out, by whatever
 * links, is no name here, and what is made is made in a directory that is held open, under a name without a slash.
 *
 * <p>A link that leads out is refused and not bent back to the root, as chroot would: no tool that archives a file tree makes an entry behind
 * such a link, so whoever wrote the layer aims at the node.
 */
final class LayerRoot implements AutoCloseable {
    private static final Set<ResolveFlag> INSIDE = EnumSet.of(ResolveFlag.BENEATH, ResolveFlag.NO_MAGICLINKS);
    private static final int IMPLIED_MODE = 0755;

    private final Fd root;
    private final Set<String> implied = new LinkedHashSet<>();
    private long made;
    /** The directory that was asked for last: archives list one directory's files in a row. */
    private @Nullable Fd cached;

    private String cachedPath = "";

    LayerRoot(Path directory) throws ErrnoException {
        root = Openat.open(Fd.CWD, directory.toString(), EnumSet.of(RDONLY, DIRECTORY), 0);
    }

    /** The root itself; borrowed. */
    Fd fd() {
        return root;
    }

    /** Directories that were made because something lies in them. */
    Set<String> implied() {
        return implied;
    }

    /** How many of them. */
    long made() {
        return made;
    }

    /**
     * The directory that {@code name} lies in, made where it is missing.
     * @return borrowed, until the next call
     */
    Fd parent(EntryName name, String what) throws IOException {
        return directory(
                name.parent(), name.components().subList(0, name.components().size() - 1), what);
    }

    private Fd directory(String path, List<String> components, String what) throws IOException {
        if (path.isEmpty()) {
            return root;
        }
        Fd known = cached;
        if (known != null && cachedPath.equals(path)) {
            return known;
        }
        Optional<Fd> there = existing(path, what);
        Fd fd = there.isPresent() ? there.get() : make(components, what);
        forgetCached();
        cached = fd;
        cachedPath = path;
        return fd;
    }

    /** The directory at {@code path}; owned by the caller. Empty where there is none. */
    Optional<Fd> existing(String path, String what) throws IOException {
        try {
            return Optional.of(Openat.open(root, path.isEmpty() ? "." : path, EnumSet.of(PATH, DIRECTORY), 0, INSIDE));
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT, ENOTDIR -> Optional.empty();
                case EXDEV ->
                    throw new BadImage(
                            what + ": the way to \"" + path
                                    + "\" leads out of the layer over a symbolic link; the image is"
                                    + " hostile or broken, do not use it",
                            e);
                case ELOOP -> throw new BadImage(what + ": the way to \"" + path + "\" is a loop of symbolic links", e);
                default -> throw e;
            };
        }
    }

    private Fd make(List<String> components, String what) throws IOException {
        Fd above = root;
        StringBuilder path = new StringBuilder();
        try {
            for (String component : components) {
                path.append(path.isEmpty() ? "" : "/").append(component);
                Optional<Fd> there = existing(path.toString(), what);
                Fd next = there.isPresent() ? there.get() : imply(above, component, path.toString(), what);
                if (above != root) {
                    above.close();
                }
                above = next;
            }
            return above;
        } catch (IOException | RuntimeException e) {
            if (above != root) {
                above.close();
            }
            throw e;
        }
    }

    private Fd imply(Fd above, String name, String path, String what) throws IOException {
        Optional<FileType> there = typeOf(above, name);
        boolean whiteout = there.isPresent() && isWhiteout(above, name);
        if (whiteout) {
            Openat.unlink(above, name);
        } else if (there.isPresent()) {
            throw new BadImage(what + ": \"" + path + "\" is a " + there.get().words()
                    + (there.get() == FileType.SYMBOLIC_LINK ? " to nowhere in the layer" : "")
                    + ", not a directory; the image is broken");
        }
        Openat.makeDirectory(above, name, IMPLIED_MODE);
        made++;
        Fd directory = Openat.open(above, name, EnumSet.of(RDONLY, DIRECTORY, NOFOLLOW), 0);
        if (whiteout) {
            Overlay.makeOpaque(directory);
        }
        implied.add(path);
        return directory;
    }

    /** What {@code name} is, a link itself where it is one. */
    static Optional<FileType> typeOf(Fd dir, String name) throws ErrnoException {
        try {
            return Optional.of(Stat.ofName(dir, name).type());
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    static boolean isWhiteout(Fd dir, String name) throws ErrnoException {
        return Stat.ofName(dir, name).isDevice(FileType.CHARACTER_DEVICE, Overlay.WHITEOUT);
    }

    /** Makes a new file for writing; owned by the caller. */
    static Fd createFile(Fd dir, String name) throws ErrnoException {
        return Openat.open(dir, name, EnumSet.of(WRONLY, CREAT, EXCL, NOFOLLOW), 0600);
    }

    /** Opens a directory by its name, links not followed; owned by the caller. */
    static Fd openDirectory(Fd dir, String name) throws ErrnoException {
        return Openat.open(dir, name, EnumSet.of(RDONLY, DIRECTORY, NOFOLLOW), 0);
    }

    /** A handle on whatever {@code name} is; owned by the caller. */
    static Fd openHandle(Fd dir, String name) throws ErrnoException {
        return Openat.open(dir, name, EnumSet.of(PATH, NOFOLLOW), 0);
    }

    /** After something was removed or replaced, a path may mean another directory. */
    void forgetCached() {
        if (cached != null) {
            cached.close();
            cached = null;
        }
        cachedPath = "";
    }

    @Override
    public void close() {
        forgetCached();
        root.close();
    }
}
