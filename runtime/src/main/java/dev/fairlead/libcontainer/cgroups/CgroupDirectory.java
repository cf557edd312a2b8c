package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * One directory of one hierarchy: its files as text and numbers.
 *
 * @param path absolute, on the host
 */
record CgroupDirectory(Path path) {
    /** v1 says "unlimited" as the largest page-aligned number, which depends on the page size; nobody has this much. */
    private static final long UNLIMITED = 1L << 62;

    String file(String name) {
        return path + "/" + name;
    }

    boolean has(String name) {
        return Files.exists(path.resolve(name));
    }

    void write(String name, String value) throws CgroupException {
        String file = file(name);
        try {
            KernelFiles.write(file, value);
        } catch (ErrnoException e) {
            throw CgroupException.of(file, e);
        }
    }

    void write(String name, long value) throws CgroupException {
        write(name, Long.toString(value));
    }

    /** Writes where the kernel has such a file, and tells whether it has. */
    boolean writeIfPresent(String name, String value) throws CgroupException {
        try {
            KernelFiles.write(file(name), value);
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT && Files.isDirectory(path)) {
                return false;
            }
            throw CgroupException.of(file(name), e);
        }
    }

    String read(String name) throws CgroupException {
        try {
            return KernelFiles.readValue(file(name)).strip();
        } catch (ErrnoException e) {
            throw CgroupException.of(file(name), e);
        }
    }

    /** The text of a file, empty where the kernel has none of that name or cannot give it. */
    String readIfPresent(String name) throws CgroupException {
        try {
            return KernelFiles.readValue(file(name)).strip();
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTSUP) {
                return "";
            }
            throw CgroupException.of(file(name), e);
        }
    }

    /** A number; empty for "max", for v1's "unlimited" and where there is no such file. */
    OptionalLong number(String name) throws CgroupException {
        return number(readIfPresent(name), file(name));
    }

    /**
     * The number in a file that every cgroup of this hierarchy has.
     * @throws CgroupException {@link CgroupException#isGone}: the cgroup is not there any more
     */
    long requiredNumber(String name) throws CgroupException {
        String text = read(name);
        return number(text, file(name)).orElseThrow(() -> new CgroupException(file(name) + ": not a number: " + text));
    }

    /** Pairs of a word and a number, a line each (memory.stat, cpu.stat); empty where there is no such file. */
    Map<String, Long> pairs(String name) throws CgroupException {
        Map<String, Long> pairs = new HashMap<>();
        String text = readIfPresent(name);
        if (text.isEmpty()) {
            return pairs;
        }
        for (String line : text.split("\n", -1)) {
            int space = line.indexOf(' ');
            if (space > 0) {
                number(line.substring(space + 1).strip(), file(name))
                        .ifPresent(value -> pairs.put(line.substring(0, space), value));
            }
        }
        return pairs;
    }

    /** A number that stood in {@code file}; empty for "", "max", -1 and v1's "unlimited". */
    static OptionalLong number(String text, String file) throws CgroupException {
        if (text.isEmpty() || text.equals("max") || text.equals("-1")) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseUnsignedLong(text);
            return value < 0 || value >= UNLIMITED ? OptionalLong.empty() : OptionalLong.of(value);
        } catch (NumberFormatException e) {
            throw new CgroupException(file + ": not a number: \"" + text + '"');
        }
    }

    /** The processes in this directory itself; none where it is gone. */
    List<Integer> processes() throws CgroupException {
        String text;
        try {
            text = KernelFiles.read(file("cgroup.procs"));
        } catch (ErrnoException e) {
            // ENOTSUP: a threaded cgroup, whose processes the domain above it lists.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENODEV || e.errno() == Errno.ENOTSUP) {
                return List.of();
            }
            throw CgroupException.of(file("cgroup.procs"), e);
        }
        return text.lines().map(Integer::valueOf).toList();
    }

    /** The cgroups directly below; none where this one is gone. */
    List<CgroupDirectory> children() throws CgroupException {
        if (isLeaf()) {
            return List.of();
        }
        List<CgroupDirectory> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, Files::isDirectory)) {
            entries.forEach(entry -> children.add(new CgroupDirectory(entry)));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            if (!Files.exists(path)) {
                return List.of();
            }
            throw new CgroupException("list " + path + ": " + e);
        }
        return children;
    }

    /** Whether nothing is below, which a link count says at a fraction of the price of a listing: one for each child, and two. */
    private boolean isLeaf() {
        try {
            return Stat.ofPath(path.toString()).links() == 2;
        } catch (ErrnoException e) {
            return false; // the listing finds out
        }
    }

    /** This directory and all below it, parents first. */
    List<CgroupDirectory> tree() throws CgroupException {
        List<CgroupDirectory> tree = new ArrayList<>();
        tree.add(this);
        for (int i = 0; i < tree.size(); i++) {
            tree.addAll(tree.get(i).children());
        }
        return tree;
    }

    /** Processes of the whole tree. */
    List<Integer> processesOfTree() throws CgroupException {
        List<Integer> processes = new ArrayList<>();
        for (CgroupDirectory directory : tree()) {
            processes.addAll(directory.processes());
        }
        return processes;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
