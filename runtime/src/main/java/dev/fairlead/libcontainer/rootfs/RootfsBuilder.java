package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Builds one root file system on the thread it is called on, which ends afterwards. Order matters: {@link #openSources} in the host's mount
 * namespace, {@link #enter}, {@link #build}. Descriptors it opened are closed with it, but for the one that it returns.
 */
final class RootfsBuilder implements AutoCloseable {
    private static final Set<Kind> OF_INIT = EnumSet.of(Kind.MOUNT, Kind.NETWORK, Kind.IPC, Kind.UTS, Kind.CGROUP);
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final int READ_ONLY_TRIES = 5;
    private static final long READ_ONLY_PAUSE_MILLIS = 100;

    private final RootfsRequest request;
    private final InitProcess init;
    private final List<MountEntry> entries;
    private final List<DeviceNode> devices;
    private final Propagation base;
    private final Map<Integer, BindSource> sources = new HashMap<>();
    private final Deque<Fd> opened = new ArrayDeque<>();
    private final List<LateReadOnly> late = new ArrayList<>();
    private Optional<Fd> rootTree = Optional.empty();
    private Optional<Fd> console = Optional.empty();
    private Optional<Fd> procMount;
    private Optional<CgroupHierarchies> cgroups = Optional.empty();

    /** A mount that is written to before it becomes read-only. */
    private record LateReadOnly(MountEntry entry, Fd mount) {}

    /** Understands the request; nothing is touched yet. */
    RootfsBuilder(RootfsRequest request, InitProcess init) throws RootfsException {
        this.request = request;
        this.init = init;
        this.procMount = init.procMount();
        this.entries = request.entries();
        this.devices = DeviceNode.all(request.devices());
        this.base = base(request);
    }

    private static Propagation base(RootfsRequest request) throws RootfsException {
        if (request.propagation().isEmpty()) {
            return Propagation.SLAVE;
        }
        String word = request.propagation().get();
        return MountOptions.propagationOf(word)
                .map(MountOptions.PropagationChange::type)
                .orElseThrow(() -> new RootfsException(
                        "rootfsPropagation",
                        "\"" + word + "\" is none of (r)private, (r)slave, (r)shared, (r)unbindable"));
    }

    /**
     * Clones every source in the host's mount namespace.
     * @param terminal peer of the container's pseudo-terminal, borrowed
     */
    void openSources(Optional<Fd> terminal) throws RootfsException {
        for (MountEntry entry : entries) {
            // In a user namespace a source is cloned from the container's own copy of the mount table: there the kernel
            // has locked what
            // the container may not undo, such as read-only. Only what cannot be found there is taken from here.
            if (entry.isBind()) {
                sources.put(entry.index(), BindSource.open(entry));
            }
        }
        try {
            if (terminal.isPresent()) {
                console = Optional.of(
                        keep(Mounts.openTree(terminal.get(), "", EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH))));
            }
        } catch (IOException e) {
            throw new RootfsException("terminal", e);
        }
        if (request.source() instanceof RootSource.Directory(var path)) {
            try {
                rootTree = Optional.of(
                        keep(Mounts.openTree(Fd.CWD, path.toString(), EnumSet.of(TreeFlag.CLONE, TreeFlag.RECURSIVE))));
            } catch (IOException e) {
                throw new RootfsException("root " + path, e);
            }
        }
        if (entries.stream().anyMatch(entry -> entry.type().equals("cgroup"))) {
            try {
                cgroups = Optional.of(CgroupHierarchies.of(init.id().pid()));
            } catch (IOException e) {
                throw new RootfsException("cgroups of process " + init.id().pid(), e);
            }
        }
    }

    /** Goes where init is. The mounts that its namespace began with no longer tell the host's of what happens here. */
    void enter() throws RootfsException {
        try {
            Namespaces.joinProcess(init.pidfd(), OF_INIT);
            try (Fd root = Mounts.openTree(Fd.CWD, "/", Set.of())) {
                Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.SLAVE));
            }
        } catch (IOException e) {
            throw new RootfsException("namespaces of process " + init.id().pid(), e);
        }
    }

    /**
     * Builds everything.
     * @return the root mount, owned by the caller
     */
    Fd build() throws RootfsException {
        Fd descriptors = openDescriptors();
        Fd root = attachRoot(descriptors);
        try {
            Rootfs rootfs = new Rootfs(root, descriptors);
            for (MountEntry entry : entries) {
                attach(rootfs, entry);
            }
            setUpDevices(rootfs);
            makeWorkingDirectory(rootfs);
            PathCovers covers = new PathCovers(rootfs, request.mountLabel());
            covers.makeReadOnly(request.readonlyPaths());
            covers.mask(request.maskedPaths());
            for (LateReadOnly mount : late) {
                makeReadOnly(mount.entry().describe(), mount.mount());
            }
            if (request.readonly()) {
                makeReadOnly("root, read-only", root);
            }
            return root;
        } catch (RootfsException e) {
            root.close();
            throw e;
        } catch (IOException e) {
            root.close();
            throw new RootfsException("root", e);
        }
    }

    private Fd openDescriptors() throws RootfsException {
        try {
            return keep(Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0));
        } catch (IOException e) {
            throw new RootfsException("/proc of the host", e);
        }
    }

    private Fd attachRoot(Fd descriptors) throws RootfsException {
        String step = "root, attached at " + request.attachPoint();
        try (Fd target = Openat.open(Fd.CWD, request.attachPoint().toString(), DIRECTORY, 0)) {
            return switch (request.source()) {
                case RootSource.Overlay overlay -> attachOverlay(overlay, target, descriptors);
                case RootSource.Directory _ -> attachDirectory(target);
            };
        } catch (RootfsException e) {
            throw e;
        } catch (IOException e) {
            throw new RootfsException(step, e);
        }
    }

    private Fd attachOverlay(RootSource.Overlay overlay, Fd target, Fd descriptors) throws IOException {
        try {
            return RootMount.attachOverlay(overlay, RootMount.overlayApi(), request.attachPoint(), target, descriptors);
        } catch (IOException e) {
            throw new RootfsException(
                    "root overlay of " + overlay.layers().size() + " layers at " + overlay.upper(),
                    e,
                    RootMount.missing(overlay));
        }
    }

    private Fd attachDirectory(Fd target) throws IOException {
        Fd tree = rootTree.orElseThrow();
        BindSource.setPropagation(tree, base, List.of());
        Mounts.attach(tree, target);
        opened.remove(tree);
        return tree;
    }

    private void attach(Rootfs rootfs, MountEntry entry) throws RootfsException {
        try {
            switch (entry.type()) {
                case MountEntry.BIND -> attachBind(rootfs, entry);
                case "proc" -> attachProc(rootfs, entry);
                case "sysfs" -> attachKernelFileSystem(rootfs, entry);
                case "cgroup" -> attachCgroup(rootfs, entry);
                default -> attachFileSystem(rootfs, entry);
            }
        } catch (RootfsException e) {
            throw e;
        } catch (IOException e) {
            throw new RootfsException(entry.describe(), e);
        }
    }

    private void attachBind(Rootfs rootfs, MountEntry entry) throws IOException {
        BindSource source = sources.get(entry.index());
        if (source == null) {
            throw new IllegalStateException("no source of " + entry.describe());
        }
        source.configure(base);
        try (Fd target = bindTarget(rootfs, entry, source)) {
            Mounts.attach(source.tree(), target);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.ENOTDIR
                    ? e.explained("the source is a " + source.status().type().words()
                            + ", the target is not: a directory goes on a directory, a file on a file")
                    : e;
        }
    }

    private Fd bindTarget(Rootfs rootfs, MountEntry entry, BindSource source) throws IOException {
        Optional<Fd> found = rootfs.find(entry.destination());
        Fd target = found.isPresent()
                ? found.get()
                : source.isDirectory()
                        ? rootfs.directory(entry.destination(), 0755)
                        : rootfs.newFile(entry.destination(), 0644);
        try {
            String path = rootfs.pathOf(target);
            boolean ontoProc = ProcGuard.judge(path) == ProcGuard.Verdict.PROC;
            guard(path, ontoProc && source.isProcfs());
            if (ontoProc && source.status().inode() != 1) {
                System.getLogger(RootfsBuilder.class.getName())
                        .log(
                                System.Logger.Level.WARNING,
                                "container {0}: {1}: the source is a part of a procfs, not its root",
                                request.name(),
                                entry.describe());
            }
            return target;
        } catch (IOException e) {
            target.close();
            throw e;
        }
    }

    private static void guard(String path, boolean procfs) throws IOException {
        Optional<String> refusal = ProcGuard.refusal(path, procfs);
        if (refusal.isPresent()) {
            throw new IOException(refusal.get());
        }
    }

    /** Init made it: a thread of ours is in the host's PID namespace, and procfs shows the one of who mounts it. */
    private void attachProc(Rootfs rootfs, MountEntry entry) throws IOException {
        if (procMount.isEmpty()) {
            attachKernelFileSystem(rootfs, entry);
            return;
        }
        Fd proc = procMount.get();
        boolean attached = proc != init.procMount().orElse(null);
        Fd mount = attached ? keep(Mounts.openTree(proc, "", EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH))) : proc;
        List<NewFileSystem.Option> options = NewFileSystem.options(entry.options(), entry.type());
        if (!options.isEmpty()) {
            NewFileSystem.reconfigure(mount, options);
        }
        Mounts.setAttributes(mount, BindAttributes.change(entry.options().requested()));
        attachToPlainDirectory(rootfs, entry, mount);
        // The next one is a copy of this; the descriptor itself stays init's.
        procMount = Optional.of(Fd.borrowed(mount.number(), mount.name()));
    }

    private void attachKernelFileSystem(Rootfs rootfs, MountEntry entry) throws IOException {
        try (Fd mount = NewFileSystem.mount(
                entry.type(),
                entry.source(),
                NewFileSystem.options(entry.options(), entry.type()),
                entry.options().attributes())) {
            attachToPlainDirectory(rootfs, entry, mount);
        }
    }

    /** No link on the way to /proc and /sys: whoever could lead these elsewhere could feed the container a false one (CVE-2023-27561). */
    private void attachToPlainDirectory(Rootfs rootfs, MountEntry entry, Fd mount) throws IOException {
        guard(entry.destination(), entry.type().equals("proc"));
        try (Fd target = rootfs.directoryWithoutLinks(entry.destination(), 0755)) {
            guard(rootfs.pathOf(target), entry.type().equals("proc"));
            BindSource.setPropagation(mount, Propagation.SHARED, entry.options().propagation());
            Mounts.attach(mount, target);
        } catch (ErrnoException e) {
            throw switch (e.errno()) {
                case ELOOP, ENOTDIR ->
                    e.explained(entry.type() + " must be mounted on an ordinary directory, reached without links");
                default -> e;
            };
        }
    }

    private void attachCgroup(Rootfs rootfs, MountEntry entry) throws IOException {
        CgroupMounts mounts =
                new CgroupMounts(cgroups.orElseThrow(), request.cgroupNamespace(), base, request.mountLabel());
        try (Fd target = directoryTarget(rootfs, entry)) {
            mounts.attach(entry, target);
        }
    }

    private static Fd directoryTarget(Rootfs rootfs, MountEntry entry) throws IOException {
        Optional<Fd> found = rootfs.find(entry.destination());
        Fd target = found.isPresent() ? found.get() : rootfs.directory(entry.destination(), 0755);
        try {
            guard(rootfs.pathOf(target), false);
            return target;
        } catch (IOException e) {
            target.close();
            throw e;
        }
    }

    private void attachFileSystem(Rootfs rootfs, MountEntry entry) throws IOException {
        boolean tmpfs = entry.type().equals("tmpfs");
        boolean mqueue = entry.type().equals("mqueue");
        boolean isLate = (tmpfs || entry.destination().equals("/dev"))
                && entry.options().requested().contains(MountOption.RDONLY);
        boolean existed =
                rootfs.find(entry.destination()).map(RootfsBuilder::closed).orElse(false);
        try (Fd target = directoryTarget(rootfs, entry)) {
            List<NewFileSystem.Option> options = new ArrayList<>();
            if (tmpfs && existed) {
                // The image's directory decides on the mode, unless the options do behind it.
                options.add(new NewFileSystem.Option(
                        "mode", "0" + Integer.toOctalString(Stat.of(target).mode())));
            }
            options.addAll(NewFileSystem.options(entry.options(), entry.type()));
            if (!mqueue) {
                request.mountLabel().ifPresent(label -> options.add(new NewFileSystem.Option("context", label)));
            }
            Set<Attribute> attributes = entry.options().attributes();
            if (isLate) {
                attributes.remove(Attribute.RDONLY);
                options.removeIf(option -> option.key().equals("ro"));
            }
            Fd mount = keep(NewFileSystem.mount(entry.type(), entry.source(), options, attributes));
            BindSource.setPropagation(mount, Propagation.SHARED, entry.options().propagation());
            Mounts.attach(mount, target);
            if (mqueue && request.mountLabel().isPresent()) {
                label(mount, request.mountLabel().get());
            }
            if (isLate) {
                late.add(new LateReadOnly(entry, mount));
            }
        }
    }

    private static boolean closed(Fd fd) {
        fd.close();
        return true;
    }

    private static void label(Fd mount, String label) throws IOException {
        try (Fd directory = Openat.open(mount, ".", EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY), 0)) {
            Xattrs.set(directory, "security.selinux", label.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void setUpDevices(Rootfs rootfs) throws RootfsException {
        DeviceDirectory directory = new DeviceDirectory(rootfs);
        // Somebody else's /dev, bound, is complete or not ours to complete.
        boolean foreign = entries.stream()
                .anyMatch(entry -> entry.isBind() && entry.destination().equals("/dev"));
        if (!foreign) {
            directory.makeNodes(devices, request.hasUserNamespace());
            directory.makeLinks();
        }
        if (console.isPresent()) {
            directory.mountConsole(console.get());
        }
    }

    private void makeWorkingDirectory(Rootfs rootfs) throws RootfsException {
        if (request.workingDirectory().isEmpty()) {
            return;
        }
        String path = request.workingDirectory().get();
        try {
            rootfs.directory(path, 0755).close();
        } catch (IOException e) {
            throw new RootfsException("working directory " + path, e);
        }
    }

    /** Somebody may have a file open for writing, such as a hook's child that is about to end. */
    private static void makeReadOnly(String step, Fd mount) throws RootfsException {
        for (int attempt = 1; ; attempt++) {
            try {
                Mounts.setAttributes(mount, AttributeChange.set(Attribute.RDONLY));
                return;
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EBUSY || attempt == READ_ONLY_TRIES) {
                    throw new RootfsException(step, e);
                }
            }
            try {
                Thread.sleep(READ_ONLY_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                throw new RootfsException(step, "interrupted while something in it was open for writing");
            }
        }
    }

    private Fd keep(Fd fd) {
        opened.push(fd);
        return fd;
    }

    @Override
    public void close() {
        opened.forEach(Fd::close);
        sources.values().forEach(BindSource::close);
    }
}
