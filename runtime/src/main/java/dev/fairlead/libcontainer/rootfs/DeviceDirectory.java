package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is made in /dev: device nodes, links, ptmx and the console. Each step works on a held directory and never follows a link in it. */
final class DeviceDirectory {
    private static final Set<OpenFlag> ITSELF = EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW);
    private static final Set<OpenFlag> MOUNT_POINT =
            EnumSet.of(OpenFlag.RDONLY, OpenFlag.CREAT, OpenFlag.EXCL, OpenFlag.NOFOLLOW);
    private static final String DEV = "/dev";
    private static final int NODEV = 0x4; // ST_NODEV

    /** Every system has them at /proc/self, though /proc/thread-self would be right for threads. */
    private static final Map<String, String> LINKS = new LinkedHashMap<>();

    static {
        LINKS.put("fd", "/proc/self/fd");
        LINKS.put("stdin", "/proc/self/fd/0");
        LINKS.put("stdout", "/proc/self/fd/1");
        LINKS.put("stderr", "/proc/self/fd/2");
    }

    private final Rootfs rootfs;

    DeviceDirectory(Rootfs rootfs) {
        this.rootfs = rootfs;
    }

    /**
     * Makes the nodes, and the links that programs expect; of these, one that exists stays.
     * @param ids of the container's user namespace: the host's nodes are mounted then instead of made, as they can be opened wherever this
     *     daemon runs. Where the host has no such node at the path, one is made after all; on a file system that belongs to the initial
     *     user namespace, as those that this thread mounts do, it can be opened too
     */
    void fill(List<DeviceNode> nodes, Optional<IdMap> ids) throws RootfsException {
        Step.run(() -> "devices", () -> {
            try (Fd dev = rootfs.directory(DEV, 0755)) {
                for (DeviceNode node : nodes) {
                    Step.run(node::describe, () -> makeNode(dev, node, ids));
                }
                Step.run(() -> "links in " + DEV, () -> makeLinks(dev));
            }
        });
    }

    private void makeNode(Fd dev, DeviceNode node, Optional<IdMap> ids) throws IOException {
        int slash = node.path().lastIndexOf('/');
        if (node.path().substring(0, slash).equals(DEV)) {
            makeNode(dev, node.path().substring(slash + 1), node, ids);
            return;
        }
        try (Rootfs.Place place = rootfs.place(node.path(), 0755)) {
            makeNode(place.directory(), place.name(), node, ids);
        }
    }

    private void makeNode(Fd directory, String name, DeviceNode node, Optional<IdMap> ids) throws IOException {
        if (ids.isPresent() && isOnTheHost(node)) {
            bindNode(directory, name, node);
            return;
        }
        int uid = ids.isPresent() ? ids.get().uid(Integer.toUnsignedLong(node.uid())) : node.uid();
        int gid = ids.isPresent() ? ids.get().gid(Integer.toUnsignedLong(node.gid())) : node.gid();
        try {
            Openat.makeNode(directory, name, node.type(), node.mode(), node.number());
        } catch (ErrnoException e) {
            switch (e.errno()) {
                case EEXIST -> {} // The image's own, or that of a volume: as libcontainer does, it stays.
                case EPERM -> bindNode(directory, name, node);
                default -> throw e;
            }
            return;
        }
        try (Fd made = Openat.open(directory, name, ITSELF, 0)) {
            Stat.Status status = Stat.of(made);
            verify(status, node, "what was made");
            if (status.mode() != node.mode()) {
                // The umask is 0 here; a default ACL of the directory still has a say.
                Openat.chmod(made, node.mode(), rootfs.descriptors());
            }
            if (status.uid() != uid || status.gid() != gid) {
                Openat.chown(made, uid, gid);
            }
        }
    }

    private static boolean isOnTheHost(DeviceNode node) throws IOException {
        Optional<Fd> found = Openat.find(Fd.CWD, node.path(), ITSELF, Set.of());
        if (found.isEmpty()) {
            return false;
        }
        try (Fd source = found.get()) {
            return Stat.of(source).isDevice(node.type(), node.number());
        }
    }

    private static void bindNode(Fd directory, String name, DeviceNode node) throws IOException {
        try (Fd source = Openat.open(Fd.CWD, node.path(), ITSELF, 0)) {
            verify(Stat.of(source), node, "the host's " + node.path());
            if ((Stat.fileSystem(source).mountFlags() & NODEV) != 0) {
                throw new IOException("the host's " + node.path()
                        + " lies on a mount with nodev, from which no device can be opened");
            }
            try (Fd tree = Mounts.openTree(source, "", EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH));
                    Fd target = mountPoint(directory, name)) {
                Mounts.attach(tree, target);
            }
        }
    }

    private static void verify(Stat.Status status, DeviceNode node, String what) throws IOException {
        boolean fifo = node.type() == FileType.FIFO && status.type() == FileType.FIFO;
        if (!fifo && !status.isDevice(node.type(), node.number())) {
            throw new IOException(what + " is a " + status.type().words() + " " + status.target() + ", not a "
                    + node.type().words() + " " + node.number());
        }
    }

    /** An empty file to mount on, or what is there already as long as it is no link. */
    private static Fd mountPoint(Fd directory, String name) throws IOException {
        try {
            return Openat.open(directory, name, MOUNT_POINT, 0);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
        Fd found = Openat.open(directory, name, ITSELF, 0);
        try {
            FileType type = Stat.of(found).type();
            if (type == FileType.SYMBOLIC_LINK || type == FileType.DIRECTORY) {
                throw new IOException(
                        directory.name() + "/" + name + " is a " + type.words() + ", on which no device is mounted");
            }
            return found;
        } catch (IOException e) {
            found.close();
            throw e;
        }
    }

    private static void makeLinks(Fd dev) throws ErrnoException {
        for (Map.Entry<String, String> link : LINKS.entrySet()) {
            makeLink(link.getValue(), dev, link.getKey());
        }
        Optional<Fd> kcore = Openat.find(Fd.CWD, "/proc/kcore", ITSELF, Set.of());
        kcore.ifPresent(Fd::close);
        if (kcore.isPresent()) {
            makeLink("/proc/kcore", dev, "core");
        }
        replaceByLink("pts/ptmx", dev, "ptmx");
    }

    /** Makes a link; whatever has the name already stays. */
    static void makeLink(String target, Fd directory, String name) throws ErrnoException {
        try {
            Openat.makeLink(target, directory, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
    }

    private static void replaceByLink(String target, Fd directory, String name) throws ErrnoException {
        try {
            Openat.unlink(directory, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
        Openat.makeLink(target, directory, name);
    }

    /**
     * Mounts the container's terminal on /dev/console. The peer is a descriptor all the way, and the file below it is no link that could lead
     * elsewhere (CVE-2025-52565).
     *
     * @param peer a detached copy of its mount
     */
    void mountConsole(Fd peer) throws RootfsException {
        Step.run(() -> "terminal on /dev/console", () -> {
            try (Fd dev = rootfs.directory(DEV, 0755);
                    Fd target = mountPoint(dev, "console")) {
                Mounts.attach(peer, target);
            }
        });
    }
}
