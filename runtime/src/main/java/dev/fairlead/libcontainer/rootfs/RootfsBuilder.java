package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.namespaces.UserNamespaces;
import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileCredentials;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Builds one root file system on the thread it is called on, which ends afterwards. Order matters: {@link #openSources} in the host's mount
 * namespace, {@link #enter}, {@link #build}. Descriptors it opened are closed with it, but for the one that it returns.
 */
final class RootfsBuilder implements AutoCloseable {
    private static final Set<Kind> OF_INIT = EnumSet.of(Kind.MOUNT, Kind.NETWORK, Kind.IPC, Kind.UTS, Kind.CGROUP);
    private static final String MOUNT_NAMESPACE = "/proc/thread-self/ns/mnt";
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final Set<TreeFlag> COPY = EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH);
    private static final Set<TreeFlag> COPY_OF_ALL = EnumSet.of(TreeFlag.CLONE, TreeFlag.RECURSIVE);

    private final RootfsRequest request;
    private final InitProcess init;
    private final List<MountEntry> entries;
    private final List<DeviceNode> devices;
    private final Propagation base;
    private final Map<Integer, BindSource> sources = new HashMap<>();
    private final Deque<Fd> opened = new ArrayDeque<>();
    private Optional<Fd> rootTree = Optional.empty();
    private Optional<Fd> console = Optional.empty();
    private Optional<MountedCgroups> cgroups = Optional.empty();
    private Optional<Fd> userNamespace = Optional.empty();
    private final Map<Integer, Fd> mappings = new HashMap<>();
    private boolean onTheHost;

    /** Understands the request; nothing is touched yet. */
    RootfsBuilder(RootfsRequest request, InitProcess init) throws RootfsException {
        this.request = request;
        this.init = init;
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
            if (entry.isBind() && volume(entry).isEmpty()) {
                sources.put(entry.index(), BindSource.open(entry, request.policy()));
            }
        }
        makeMappings();
        int pid = init.id().pid();
        if (terminal.isPresent()) {
            console = Step.get(() -> "terminal", () -> Optional.of(keep(Mounts.openTree(terminal.get(), "", COPY))));
        }
        if (request.source() instanceof RootSource.Directory(var path)) {
            rootTree = Step.get(
                    () -> "root " + path,
                    () -> Optional.of(keep(Mounts.openTree(Fd.CWD, path.toString(), COPY_OF_ALL))));
        }
        if (request.ids().isPresent()) {
            userNamespace = Step.get(
                    () -> "user namespace of process " + pid,
                    () -> Optional.of(keep(Namespaces.openOf(pid, Kind.USER))));
        }
        if (entries.stream().anyMatch(MountEntry::isCgroup)) {
            cgroups = Step.get(() -> "cgroups of process " + pid, () -> Optional.of(MountedCgroups.of(pid)));
        }
    }

    /**
     * Goes where init is. The mounts that its namespace began with no longer tell the host's of what happens here; where init has no mount
     * namespace of its own they <em>are</em> the host's, and nothing is done to them.
     */
    void enter() throws RootfsException {
        Step.run(() -> "namespaces of process " + init.id().pid(), () -> {
            Stat.Status host = Stat.ofPath(MOUNT_NAMESPACE);
            Namespaces.joinProcess(init.pidfd(), OF_INIT);
            onTheHost = Stat.ofPath(MOUNT_NAMESPACE).isSameFileAs(host);
            if (onTheHost) {
                return;
            }
            try (Fd root = Mounts.openTree(Fd.CWD, "/", Set.of())) {
                Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.SLAVE));
            }
        });
        for (MountEntry entry : entries) {
            if (entry.isBind() && volume(entry).isEmpty()) {
                Step.run(entry::describe, () -> settle(entry));
            }
        }
    }

    private Optional<LayeredVolume> volume(MountEntry entry) {
        return Optional.ofNullable(request.volumes().get(entry.source()));
    }

    /**
     * Makes the sources that are made of layers. They lie on the attach point for a moment, before the root does: what is cloned must be
     * attached somewhere (open_tree(2), until Linux 6.15).
     */
    private void makeVolumes(Fd descriptors) throws RootfsException {
        for (MountEntry entry : entries) {
            Optional<LayeredVolume> volume = volume(entry);
            if (entry.isBind() && volume.isPresent()) {
                Step.run(
                        entry::describe,
                        () -> sources.put(entry.index(), BindSource.of(entry, cloneOf(volume.get(), descriptors))));
            }
        }
    }

    private Fd cloneOf(LayeredVolume volume, Fd descriptors) throws IOException {
        if (onTheHost) {
            throw new IOException("a volume made of layers needs a container with a mount namespace of its own");
        }
        Path place = request.attachPoint();
        try (Fd target = Openat.open(Fd.CWD, place.toString(), DIRECTORY, 0);
                Fd tree = new RootMount(place, target, descriptors, RootMount.overlayApi())
                        .attachReadOnly(volume.layers(), userNamespace);
                Fd found = VolumePath.find(tree, volume.subPath())) {
            return Mounts.openTree(found, "", COPY);
        } finally {
            // The overlay, and what its mapped layers lie on.
            RootfsThread.detach(place);
            RootfsThread.detach(place);
        }
    }

    /** A source takes the locks, and the id mappings, of the container's user namespace. */
    private void settle(MountEntry entry) throws IOException {
        BindSource source = Objects.requireNonNull(sources.get(entry.index()));
        if (userNamespace.isPresent()) {
            source = source.lockedHere();
            sources.put(entry.index(), source);
        }
        if (entry.isIdMapped()) {
            source.mapIds(userNamespace(entry));
        }
    }

    /** The user namespace whose mappings a mount gets: one made for it, or that of the container. */
    private Fd userNamespace(MountEntry entry) throws IOException {
        Fd ofMount = mappings.get(entry.index());
        return ofMount != null
                ? ofMount
                : userNamespace.orElseThrow(
                        () -> new IOException(
                                "it has no uidMappings and gidMappings, and the container no user namespace whose it could take"));
    }

    /** Made before this thread goes where the container is: the process that makes one is the host's. */
    private void makeMappings() throws RootfsException {
        List<MountEntry> mapped =
                entries.stream().filter(this::hasMappingsOfItsOwn).toList();
        if (mapped.isEmpty()) {
            return;
        }
        try (Launcher launcher = Step.get(() -> "launcher", Launcher::load)) {
            for (MountEntry entry : mapped) {
                Fd namespace = Step.get(
                        entry::describe,
                        () -> UserNamespaces.withMappings(launcher, entry.uidMappings(), entry.gidMappings()));
                mappings.put(entry.index(), keep(namespace));
            }
        }
    }

    private boolean hasMappingsOfItsOwn(MountEntry entry) {
        IdMap own = new IdMap(entry.uidMappings(), entry.gidMappings());
        return !entry.uidMappings().isEmpty() && !request.ids().equals(Optional.of(own));
    }

    /**
     * Builds everything.
     * @return the root mount, owned by the caller
     */
    Fd build() throws RootfsException {
        Fd descriptors = Step.get(
                () -> "/proc of the host", () -> keep(Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0)));
        if (request.ids().isPresent()) {
            Step.run(
                    () -> "root of the user namespace",
                    () -> actAsRootOf(request.ids().get()));
        }
        makeVolumes(descriptors);
        Fd root = Step.get(() -> "root, attached at " + request.attachPoint(), () -> attachRoot(descriptors));
        try {
            furnish(Step.get(() -> "root", () -> new Rootfs(root, descriptors)));
            if (request.policy().noPivotRoot() && !onTheHost) {
                Step.run(
                        () -> "root onto /, as pivot_root is not wanted",
                        () -> RootMove.toTheTop(root, request.attachPoint()));
            }
            return root;
        } catch (RootfsException e) {
            root.close();
            if (onTheHost) {
                takeOff(e);
            }
            throw e;
        }
    }

    /** What lies in a namespace of init's goes with it; what lies in the host's does not. */
    private void takeOff(RootfsException failure) {
        try {
            RootfsThread.detach(request.attachPoint());
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private void furnish(Rootfs rootfs) throws RootfsException {
        try (FileSystemMounts fileSystems =
                new FileSystemMounts(rootfs, request.mountLabel(), request.ids(), init.procMount())) {
            BindMounts binds = new BindMounts(rootfs, base);
            for (MountEntry entry : entries) {
                Step.run(entry::describe, () -> attach(entry, rootfs, fileSystems, binds));
            }
            setUpDevices(rootfs);
            if (request.workingDirectory().isPresent()) {
                String path = request.workingDirectory().get();
                Step.run(
                        () -> "working directory " + path,
                        () -> rootfs.directory(path, 0755).close());
            }
            coverPaths(rootfs);
            fileSystems.finish();
            if (request.readonly()) {
                FileSystemMounts.makeReadOnly("root, read-only", rootfs.descriptor());
            }
        }
    }

    /**
     * What is made from here on belongs to the root of a user namespace, as if that had made it. Overlayfs too needs it: what its maker cannot
     * write through an idmapped mount (EOVERFLOW), it mounts read-only without a word.
     */
    private static void actAsRootOf(IdMap ids) throws IOException {
        FileCredentials.actAs(ids.uid(0), ids.gid(0));
    }

    private Fd attachRoot(Fd descriptors) throws IOException {
        try (Fd target = Openat.open(Fd.CWD, request.attachPoint().toString(), DIRECTORY, 0)) {
            Fd root = switch (request.source()) {
                case RootSource.Overlay overlay -> attachOverlay(overlay, target, descriptors);
                case RootSource.Directory _ -> attachDirectory(target);
            };
            if (onTheHost) {
                keepFromPeers(root);
            }
            return root;
        }
    }

    /** Attached to a mount that is shared, as the host's mostly are, the root is shared too: all that comes on it would be elsewhere as well. */
    private void keepFromPeers(Fd root) throws IOException {
        try {
            Mounts.setAttributesRecursively(root, AttributeChange.propagation(Propagation.PRIVATE));
        } catch (IOException e) {
            root.close();
            RootfsThread.detach(request.attachPoint());
            throw e;
        }
    }

    private Fd attachOverlay(RootSource.Overlay overlay, Fd target, Fd descriptors) throws IOException {
        try {
            RootMount mount = new RootMount(request.attachPoint(), target, descriptors, RootMount.overlayApi());
            return userNamespace.isPresent() ? mount.attachMapped(overlay, userNamespace.get()) : mount.attach(overlay);
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
        if (base != Propagation.SLAVE || request.propagation().isEmpty()) {
            // rootfsParentMountPrivate: pivot_root(2) refuses a shared root, and nothing is to come to / unasked.
            Mounts.setAttributes(tree, AttributeChange.propagation(Propagation.PRIVATE));
        }
        Mounts.attach(tree, target);
        opened.remove(tree);
        return tree;
    }

    private void attach(MountEntry entry, Rootfs rootfs, FileSystemMounts fileSystems, BindMounts binds)
            throws IOException {
        if (entry.isBind()) {
            binds.attach(Objects.requireNonNull(sources.get(entry.index())));
        } else if (entry.isCgroup()) {
            try (MountTarget target = MountTarget.directory(rootfs, entry.destination())) {
                new CgroupMounts(cgroups.orElseThrow(), request.cgroupNamespace(), base, request.mountLabel())
                        .attach(entry, target.fd());
            }
        } else {
            fileSystems.attach(entry);
        }
    }

    private void coverPaths(Rootfs rootfs) throws RootfsException {
        try (PathCovers covers = new PathCovers(rootfs, request.mountLabel())) {
            covers.makeReadOnly(request.readonlyPaths());
            covers.mask(request.maskedPaths());
        }
    }

    private void setUpDevices(Rootfs rootfs) throws RootfsException {
        DeviceDirectory directory = new DeviceDirectory(rootfs);
        // Somebody else's /dev, bound, is complete or not ours to complete.
        boolean foreign = entries.stream()
                .anyMatch(entry -> entry.isBind() && entry.destination().equals("/dev"));
        if (!foreign) {
            directory.fill(devices, request.ids());
        }
        if (console.isPresent()) {
            directory.mountConsole(console.get());
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
