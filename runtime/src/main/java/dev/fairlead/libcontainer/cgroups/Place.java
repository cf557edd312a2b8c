package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** A cgroup's directory in one hierarchy: made with its ancestors, removed with those of them that nobody else made. */
record Place(Hierarchy hierarchy, CgroupDirectory directory) {
    /** Somebody else may remove an ancestor between our steps; not more often than this. */
    private static final int MAKE_ATTEMPTS = 3;

    /**
     * Marks an ancestor that we made, so that the next daemon knows it too. The kubelet makes the cgroup of a pod, but on a hybrid node not in
     * the v2 hierarchy; and crictl's users name parents that nobody makes.
     */
    private static final String MADE_ANCESTOR = "trusted.fairlead.ancestor";

    private static final byte[] MARK = "1".getBytes(StandardCharsets.US_ASCII);

    /**
     * Makes the directory and prepares it for processes.
     *
     * @param made takes each directory that was not there before, parents first
     * @param refusals takes what kept a controller of v2 away from the directory: of interest where a limit fails because of it
     */
    void make(List<CgroupDirectory> made, List<CgroupException> refusals) throws CgroupException {
        int before = made.size();
        makeWithAncestors(directory, made, false);
        if (made.size() == before && !directory.processes().isEmpty()) {
            throw new CgroupException("cgroup " + directory + " exists and has processes: " + directory.processes()
                    + "; a container of the same id may still run");
        }
        if (hierarchy.unified()) {
            enableControllers(refusals);
        } else if (hierarchy.controllers().contains("cpuset")) {
            new Cpuset(directory).inherit(hierarchy.mountPoint());
        }
    }

    private static void makeWithAncestors(CgroupDirectory directory, List<CgroupDirectory> made, boolean ancestor)
            throws CgroupException {
        for (int attempt = 1; ; attempt++) {
            try {
                KernelFiles.makeDirectory(directory.path().toString());
                made.add(directory);
                if (ancestor) {
                    Xattrs.set(directory.path().toString(), MADE_ANCESTOR, MARK);
                }
                return;
            } catch (ErrnoException e) {
                if (e.errno() == Errno.EEXIST || e.errno() == Errno.ENOTSUP) {
                    // ENOTSUP: no marks here, so this ancestor stays when its children go.
                    return;
                }
                Path parent = directory.path().getParent();
                if (e.errno() != Errno.ENOENT || parent == null || attempt == MAKE_ATTEMPTS) {
                    throw CgroupException.of(directory.toString(), e);
                }
                makeWithAncestors(new CgroupDirectory(parent), made, true);
            }
        }
    }

    /** Gives the directory every controller that the root of the v2 hierarchy has, which takes a word from each ancestor. */
    private void enableControllers(List<CgroupException> refusals) throws CgroupException {
        Path parent = directory.path().getParent();
        if (parent == null || hierarchy.controllers().isEmpty()) {
            return;
        }
        // What the parent hands down, its ancestors do too: mostly this one look is enough.
        if (handedDown(new CgroupDirectory(parent)).containsAll(hierarchy.controllers())) {
            return;
        }
        Path top = hierarchy.mountPoint();
        Path path = directory.path();
        for (int i = top.getNameCount(); i < path.getNameCount(); i++) {
            CgroupDirectory ancestor = new CgroupDirectory(path.getRoot().resolve(path.subpath(0, i)));
            Set<String> wanted = new LinkedHashSet<>(words(ancestor.read("cgroup.controllers")));
            wanted.retainAll(hierarchy.controllers());
            wanted.removeAll(handedDown(ancestor));
            enable(ancestor, wanted, refusals);
        }
    }

    /** A cgroup that needs no limit by a controller need not fail because it cannot have it: what is refused is only noted. */
    private static void enable(CgroupDirectory ancestor, Set<String> wanted, List<CgroupException> refusals) {
        if (wanted.isEmpty()) {
            return;
        }
        try {
            ancestor.write("cgroup.subtree_control", words(wanted));
        } catch (CgroupException all) {
            refusals.add(all);
            // Busy: the ancestor has processes of its own. One by one the kernel would take cpu and pids all the same,
            // and make the cgroups
            // below "threaded", in which no container can start.
            if (all.errno() == Errno.EBUSY) {
                return;
            }
            // Else a single one is refused: cpu, where real-time tasks run.
            for (String controller : wanted) {
                try {
                    ancestor.write("cgroup.subtree_control", '+' + controller);
                } catch (CgroupException e) {
                    refusals.add(e);
                }
            }
        }
    }

    private static String words(Set<String> controllers) {
        return '+' + String.join(" +", controllers);
    }

    private static Set<String> handedDown(CgroupDirectory directory) throws CgroupException {
        return words(directory.read("cgroup.subtree_control"));
    }

    private static Set<String> words(String text) {
        return text.isEmpty() ? Set.of() : Set.of(text.split(" ", -1));
    }

    /**
     * Removes the directory and those below it, then the ancestors that are marked as ours and empty.
     *
     * @param refusals takes what the kernel said where processes are still inside
     * @return whether it is gone
     */
    boolean remove(List<ErrnoException> refusals) {
        if (!removeAlone(refusals)) {
            return false;
        }
        Path ancestor = directory.path().getParent();
        while (ancestor != null
                && !ancestor.equals(hierarchy.mountPoint())
                && ancestor.startsWith(hierarchy.mountPoint())) {
            if (!removeIfMarked(ancestor.toString())) {
                break;
            }
            ancestor = ancestor.getParent();
        }
        return true;
    }

    /** As {@link #remove}, but leaves the ancestors. */
    boolean removeAlone(List<ErrnoException> refusals) {
        return removeTree(directory, refusals);
    }

    private static boolean removeIfMarked(String path) {
        try {
            if (Xattrs.get(path, MADE_ANCESTOR).length == 0) {
                return false;
            }
            KernelFiles.removeDirectory(path);
            return true;
        } catch (ErrnoException e) {
            // No mark: somebody else's. Busy: another cgroup is in it, the last of them takes it along. Gone: another
            // was faster.
            return e.errno() == Errno.ENOENT;
        }
    }

    /** Tries the directory alone first: mostly nothing is below it. */
    private static boolean removeTree(CgroupDirectory directory, List<ErrnoException> refusals) {
        try {
            KernelFiles.removeDirectory(directory.path().toString());
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return true;
            }
            refusals.add(e);
            try {
                boolean removed = false;
                for (CgroupDirectory child : directory.children()) {
                    removed |= removeTree(child, refusals);
                }
                return removed && removeTree(directory, refusals);
            } catch (IOException listing) {
                return false;
            }
        }
    }
}
