package dev.fairlead.libcontainer.namespaces;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.MountTableWatch;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Mounts.UnmountFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A mount namespace that has what root file systems are built from and nothing else: {@code /}, {@code /proc}, {@code /sys}, {@code /dev}, and
 * two directories of the runtime. A process that is cloned with CLONE_NEWNS begins with a copy of all mounts of whoever clones it, and gives them up
 * again when it enters its root; each pod of a node adds some to those of the host. So init is cloned out of this one.
 *
 * <p>It has the host's mounts as they were when it was made, none of them shared with it. It is made anew when one of those is another by now that lead to
 * the directories, and otherwise some seconds after the mount table has changed: what is mounted below them may be that late.
 */
public final class BareMountNamespace implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(BareMountNamespace.class.getName());
    private static final List<Path> OF_THE_KERNEL = List.of(Path.of("/proc"), Path.of("/sys"), Path.of("/dev"));
    private static final Set<TreeFlag> ALONE = EnumSet.of(TreeFlag.CLONE);
    private static final Set<TreeFlag> WITH_ALL_BELOW = EnumSet.of(TreeFlag.CLONE, TreeFlag.RECURSIVE);
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);

    /** A table that changes with each pod would have us make it for each container. */
    private static final Duration LONGEST_UNSEEN = Duration.ofSeconds(5);

    private final Duration longestUnseen;
    private final Path givenState;
    private final Path givenData;
    private final Path state;
    private final Path data;
    private final MountTableWatch table;
    private final Lock lock = new ReentrantLock();
    private Optional<Made> last = Optional.empty();
    private boolean impossible;

    /**
     * One that was made.
     *
     * @param mounts the host's that lead to its directories, by path
     * @param nanos when it was made, System.nanoTime
     */
    private record Made(Fd namespace, Map<Path, Long> mounts, long nanos) {}

    private BareMountNamespace(Path givenState, Path givenData, Duration longestUnseen, MountTableWatch table)
            throws IOException {
        this.longestUnseen = longestUnseen;
        this.givenState = givenState;
        this.givenData = givenData;
        this.state = givenState.toRealPath();
        this.data = givenData.toRealPath();
        this.table = table;
    }

    /**
     * Nothing is made until it is needed.
     *
     * @param state exists; of what is mounted below it nothing is taken, such as the pinned namespaces of pods
     * @param data exists; comes with all that is mounted below it
     */
    public static BareMountNamespace of(Path state, Path data) throws IOException {
        return of(state, data, LONGEST_UNSEEN);
    }

    static BareMountNamespace of(Path state, Path data, Duration longestUnseen) throws IOException {
        MountTableWatch table = MountTableWatch.open();
        try {
            return new BareMountNamespace(state, data, longestUnseen, table);
        } catch (IOException e) {
            table.close();
            throw e;
        }
    }

    /** Whether a path lies in one of the two directories, as they were given, and so leads to the same file in it as on the host. */
    public boolean has(Path path) {
        return path.startsWith(givenData) || path.startsWith(givenState);
    }

    /**
     * The namespace, to be joined.
     * @return owned by the caller; empty: it cannot be made on this host, which is logged once
     */
    public Optional<Fd> open() throws ErrnoException {
        lock.lock();
        try {
            if (impossible) {
                return Optional.empty();
            }
            if (last.isEmpty() || isOutdated(last.get())) {
                make();
            }
            return last.isEmpty()
                    ? Optional.empty()
                    : Optional.of(last.get().namespace().duplicate());
        } finally {
            lock.unlock();
        }
    }

    private boolean isOutdated(Made made) throws ErrnoException {
        if (!made.mounts().equals(mounts())) {
            return true;
        }
        return System.nanoTime() - made.nanos() > longestUnseen.toNanos() && table.hasChanged();
    }

    private void make() throws ErrnoException {
        last.ifPresent(made -> made.namespace().close());
        last = Optional.empty();
        var _ = table.hasChanged(); // what changes from here on is seen next time
        try {
            Map<Path, Long> mounts = mounts();
            last = Optional.of(
                    new Made(JobThread.call("bare mount namespace", this::build), mounts, System.nanoTime()));
        } catch (IOException e) {
            impossible = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "containers begin with a copy of all mounts of this host, which takes longer the more there are",
                    e);
        }
    }

    /** The directories and all that they lie in, with the mount that each path leads to. */
    private Map<Path, Long> mounts() throws ErrnoException {
        Map<Path, Long> mounts = new HashMap<>();
        for (Path directory : directories()) {
            for (Path path = directory; path != null && !mounts.containsKey(path); path = path.getParent()) {
                mounts.put(path, Stat.ofPath(path.toString()).mountId());
            }
        }
        return mounts;
    }

    private List<Path> directories() {
        List<Path> directories = new ArrayList<>(OF_THE_KERNEL);
        directories.add(data);
        directories.add(state);
        return directories;
    }

    /** Which copies it is put together from, those that others lie in first; without {@code /}. */
    private Map<Path, Set<TreeFlag>> parts() throws ErrnoException {
        Map<Path, Set<TreeFlag>> parts = new TreeMap<>();
        for (Path directory : directories()) {
            for (Path path = directory; path.getParent() != null; path = path.getParent()) {
                if (Stat.ofPath(path.toString()).mountRoot()) {
                    parts.put(path, ALONE);
                }
            }
        }
        OF_THE_KERNEL.forEach(path -> parts.put(path, WITH_ALL_BELOW));
        parts.put(data, WITH_ALL_BELOW);
        return parts;
    }

    /** On a thread of its own, which leaves the host's mount namespace and ends. */
    private Fd build() throws IOException {
        Namespaces.unshare(EnumSet.of(Kind.MOUNT));
        try (Fd root = Mounts.openTree(Fd.CWD, "/", Set.of())) {
            Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.PRIVATE));
        }
        Map<Path, Fd> copies = new TreeMap<>();
        try (Fd top = Mounts.openTree(Fd.CWD, "/", ALONE)) {
            for (Map.Entry<Path, Set<TreeFlag>> part : parts().entrySet()) {
                copies.put(part.getKey(), Mounts.openTree(Fd.CWD, part.getKey().toString(), part.getValue()));
            }
            try (Fd place = Openat.open(Fd.CWD, state.toString(), DIRECTORY, 0)) {
                Mounts.attach(top, place);
            }
            for (Map.Entry<Path, Fd> copy : copies.entrySet()) {
                String below = copy.getKey().toString().substring(1);
                try (Fd place = Openat.open(top, below, DIRECTORY, 0)) {
                    Mounts.attach(copy.getValue(), place);
                }
            }
            Namespaces.changeDirectory(top);
        } finally {
            copies.values().forEach(Fd::close);
        }
        // As init does: the old root comes to lie over the new one, and goes with all that is mounted below it.
        Mounts.exchangeRoot(".", ".");
        Mounts.unmount(".", EnumSet.of(UnmountFlag.DETACH));
        return Namespaces.openOwn(Kind.MOUNT);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            last.ifPresent(made -> made.namespace().close());
            last = Optional.empty();
            impossible = true;
        } finally {
            lock.unlock();
        }
        table.close();
    }
}
