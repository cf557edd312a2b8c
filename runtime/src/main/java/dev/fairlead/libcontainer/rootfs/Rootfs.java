package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The root of a container while it is built: names inside it are resolved as if it were /, once, and answered with a descriptor. Nothing is
 * found or made outside of it, whatever links the image has and whoever swaps a name meanwhile (CVE-2021-30465).
 */
final class Rootfs {
    private static final Set<ResolveFlag> INSIDE = EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_MAGICLINKS);
    private static final Set<ResolveFlag> INSIDE_WITHOUT_LINKS =
            EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_SYMLINKS);
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH);
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final Set<OpenFlag> DIRECTORY_ITSELF =
            EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> NEW_FILE =
            EnumSet.of(OpenFlag.WRONLY, OpenFlag.CREAT, OpenFlag.EXCL, OpenFlag.NOFOLLOW);

    /** As the kernel has it (path_resolution(7)). */
    private static final int MAX_LINKS = 40;

    private final Fd root;
    private final Fd descriptors;
    private final String path;

    /**
     * Takes an attached root.
     *
     * @param root borrowed
     * @param descriptors /proc/thread-self/fd of this thread, borrowed
     */
    Rootfs(Fd root, Fd descriptors) throws IOException {
        this.root = root;
        this.descriptors = descriptors;
        this.path = Openat.readLink(descriptors, Integer.toString(root.number()));
    }

    /** A directory and the name of something in it. */
    record Place(Fd directory, String name) implements AutoCloseable {
        @Override
        public void close() {
            directory.close();
        }
    }

    Fd descriptor() {
        return root;
    }

    Fd descriptors() {
        return descriptors;
    }

    /** Opens what is at {@code inside}, links followed; empty: nothing is. */
    Optional<Fd> find(String inside) throws IOException {
        return Openat.find(root, relative(inside), HANDLE, INSIDE);
    }

    /** Opens the directory at {@code inside}; no part of its name may be a link. Makes it where it does not exist. */
    Fd directoryWithoutLinks(String inside, int mode) throws IOException {
        Optional<Fd> found = Openat.find(root, relative(inside), DIRECTORY, INSIDE_WITHOUT_LINKS);
        return found.isPresent() ? found.get() : makeDirectories(parts(inside), mode, INSIDE_WITHOUT_LINKS);
    }

    /** Opens the directory at {@code inside}; makes what is missing of it. */
    Fd directory(String inside, int mode) throws IOException {
        Optional<Fd> found = Openat.find(root, relative(inside), DIRECTORY, INSIDE);
        return found.isPresent() ? found.get() : newDirectory(inside, mode);
    }

    /** Makes a directory at {@code inside}, where nothing was found. */
    Fd newDirectory(String inside, int mode) throws IOException {
        return makeDirectories(parts(inside), mode, INSIDE);
    }

    /** Makes an empty file at {@code inside}, where nothing was found. */
    Fd newFile(String inside, int mode) throws IOException {
        List<String> wanted = parts(inside);
        for (int links = 0; links <= MAX_LINKS; links++) {
            try (Place place = place("/" + String.join("/", wanted), 0755)) {
                try {
                    return Openat.open(place.directory(), place.name(), NEW_FILE, mode);
                } catch (ErrnoException e) {
                    List<String> name = wanted;
                    wanted = behindLink(e, place.directory(), name, name.size() - 1)
                            .orElseThrow(() -> e);
                }
            }
        }
        throw new IOException(inside + ": more than " + MAX_LINKS + " symbolic links");
    }

    /** Opens the directory that {@code inside} lies in; makes what is missing of it. */
    Place place(String inside, int mode) throws IOException {
        List<String> parts = parts(inside);
        if (parts.isEmpty()) {
            throw new IOException(inside + " names the root itself");
        }
        List<String> parents = parts.subList(0, parts.size() - 1);
        return new Place(directory("/" + String.join("/", parents), mode), parts.getLast());
    }

    /**
     * Where a descriptor lies inside, absolute and free of links: from the kernel, not from the name it was opened by.
     * @throws IOException it lies outside, or it is the root itself
     */
    String pathOf(Fd fd) throws IOException {
        String real = Openat.readLink(descriptors, Integer.toString(fd.number()));
        if (real.equals(path)) {
            throw new IOException(fd.name() + " is the root itself, on which nothing can be mounted");
        }
        if (!real.startsWith(path.equals("/") ? path : path + "/")) {
            throw new IOException(fd.name() + " has been moved out of the root while it was worked on");
        }
        return path.equals("/") ? real : real.substring(path.length());
    }

    /**
     * From the longest part of the name that exists, links resolved, downward; new names are made and entered one by one. A link that leads
     * nowhere is followed as if what it names were there, inside the root, and that is made (libcontainer's MkdirAllInRoot).
     */
    private Fd makeDirectories(List<String> parts, int mode, Set<ResolveFlag> resolve) throws IOException {
        List<String> wanted = parts;
        for (int links = 0; links <= MAX_LINKS; links++) {
            // The whole of the first name was looked for before.
            int existing = links == 0 ? wanted.size() : wanted.size() + 1;
            Optional<Fd> start = Optional.empty();
            while (start.isEmpty()) {
                existing--; // the root itself exists
                String prefix = existing == 0 ? "." : String.join("/", wanted.subList(0, existing));
                start = Openat.find(root, prefix, DIRECTORY, resolve);
            }
            Fd directory = start.get();
            Optional<List<String>> elsewhere = Optional.empty();
            for (int i = existing; i < wanted.size() && elsewhere.isEmpty(); i++) {
                try (Fd parent = directory) {
                    elsewhere = make(parent, wanted, i, mode, !resolve.contains(ResolveFlag.NO_SYMLINKS));
                    if (elsewhere.isEmpty()) {
                        directory = enter(parent, wanted.get(i));
                    }
                }
            }
            if (elsewhere.isEmpty()) {
                return directory;
            }
            wanted = elsewhere.get();
        }
        throw new IOException("/" + String.join("/", parts) + ": more than " + MAX_LINKS + " symbolic links");
    }

    /**
     * Makes a directory.
     * @return where a link has that name: the name with the link replaced by what it says, which is to be made instead
     */
    private static Optional<List<String>> make(Fd parent, List<String> parts, int index, int mode, boolean followLinks)
            throws IOException {
        String name = parts.get(index);
        if (name.equals("..")) {
            // Below a directory that was just made, up is a way out of the root: only openat2 may follow it, and only
            // where all of it exists.
            throw new IOException("\"..\" behind a directory that does not exist");
        }
        try {
            Openat.makeDirectory(parent, name, mode);
            return Optional.empty();
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
            return followLinks ? behindLink(e, parent, parts, index) : Optional.empty();
        }
    }

    /**
     * The name with the link at {@code index} replaced by what it says.
     * @param failure of making what was not there when it was looked for
     * @return empty where there is no link: somebody else has made something meanwhile
     */
    private static Optional<List<String>> behindLink(ErrnoException failure, Fd parent, List<String> parts, int index)
            throws IOException {
        if (failure.errno() != Errno.EEXIST) {
            throw failure;
        }
        String target;
        try {
            target = Openat.readLink(parent, parts.get(index));
        } catch (ErrnoException e) {
            // EINVAL: something else has that name. ENOENT: nothing has any more.
            if (e.errno() == Errno.EINVAL || e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
        List<String> name = new ArrayList<>(target.startsWith("/") ? List.of() : parts.subList(0, index));
        name.addAll(parts(target));
        name.addAll(parts.subList(index + 1, parts.size()));
        return Optional.of(name);
    }

    private static Fd enter(Fd parent, String name) throws IOException {
        try {
            return Openat.open(parent, name, DIRECTORY_ITSELF, 0);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOTDIR) {
                throw e.explained("it is a symbolic link that leads nowhere, or no directory");
            }
            throw e;
        }
    }

    private static List<String> parts(String inside) {
        return Arrays.stream(inside.split("/", -1))
                .filter(part -> !part.isEmpty() && !part.equals("."))
                .toList();
    }

    private static String relative(String inside) {
        String name = inside.startsWith("/") ? inside.substring(1) : inside;
        return name.isEmpty() ? "." : name;
    }
}
