package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.FsUsage;
import dev.fairlead.image.Image;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.Reference;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.image.registry.FetchedManifest;
import dev.fairlead.image.registry.RegistryClient;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.image.registry.RegistryCredentials;
import dev.fairlead.image.registry.RemoteRepository;
import dev.fairlead.image.registry.TargetPlatform;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The images of this node. All calls may come from any thread, and block: give them virtual ones.
 *
 * <p>Below {@code root}: {@code images} (an OCI image layout), {@code layers/<chain id>} (unpacked), {@code containers/<id>} (snapshots).
 */
public final class ImageStore implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ImageStore.class.getName());

    private final Path root;
    private final FileChannel lockFile;
    private final Blobs blobs;
    private final Layers layers;
    private final Index index;
    private final ImageCatalog catalog;
    private final Fetcher fetcher;
    private final RegistryClient registries;
    private final DirectorySnapshots snapshots;
    private final TargetPlatform platform;
    private final AtomicLong loads = new AtomicLong();
    private final Holds holds = new Holds();
    private final SharedWork<PullKey, Digest> pulls = new SharedWork<>("image-pull");
    /** Guards the index, and what is removed. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean closed;

    /** Pulls with other credentials are other pulls: what one pod may have does not tell what another may. */
    private record PullKey(Reference reference, Optional<RegistryCredentials> credentials) {}

    private ImageStore(Path root, RegistryConfig config, BootId boot, FileChannel lockFile) throws IOException {
        this.root = root;
        this.lockFile = lockFile;
        this.platform = config.platform();
        Path incoming = root.resolve("incoming");
        FileTree.remove(incoming);
        this.blobs = new Blobs(root.resolve("images/blobs"), incoming, root.resolve("unsynced"), boot);
        this.layers = new Layers(root.resolve("layers"), boot);
        this.index = Index.open(root.resolve("images"));
        this.catalog = new ImageCatalog(blobs);
        this.fetcher = new Fetcher(blobs, layers, config);
        this.registries = new RegistryClient(config);
        this.snapshots =
                new DirectorySnapshots(root.resolve("containers"), root.resolve("empty"), layers, this::withLayers);
    }

    /**
     * Opens or makes the store, and removes what an earlier life left half done.
     * @param root such as /var/lib/fairlead
     * @throws IOException also where another process has it open
     */
    public static ImageStore open(Path root, RegistryConfig config) throws IOException {
        return open(root, config, BootId.current());
    }

    /** Opens it in some life of the machine. */
    static ImageStore open(Path root, RegistryConfig config, BootId boot) throws IOException {
        Files.createDirectories(root);
        FileChannel lockFile = lock(root.resolve("images.lock"));
        try {
            ImageStore store = new ImageStore(root, config, boot, lockFile);
            store.dropDamaged();
            store.collect();
            return store;
        } catch (IOException | RuntimeException e) {
            lockFile.close();
            throw e;
        }
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            held = null; // by this very process
        }
        if (held == null) {
            channel.close();
            throw new IOException(file.getParent() + " is in use: another fairlead has this image store open");
        }
        return channel;
    }

    /** An image that lacks a layer, unpacked or as a blob, whoever took it, is pulled again rather than found again. */
    private void dropDamaged() throws IOException {
        List<StoredName> damaged = new ArrayList<>();
        for (StoredName name : index.names()) {
            String reason = damage(name);
            if (reason != null) {
                LOG.log(Level.WARNING, "image {0} is dropped from the store: {1}", describe(name), reason);
                damaged.add(name);
            }
        }
        index.update(names -> {
            names.removeAll(damaged);
            return names;
        });
    }

    private static String describe(StoredName name) {
        return name.name()
                .map(Reference::toString)
                .orElseGet(() -> name.manifest().toString());
    }

    private @Nullable String damage(StoredName name) throws IOException {
        try {
            ImageCatalog.Content content = catalog.content(name.manifest());
            for (int i = 0; i < content.chainIds().size(); i++) {
                ManifestReader.Blob layer = content.manifest().layers().get(i);
                if (!layers.has(content.chainIds().get(i))
                        && (!blobs.has(layer.digest()) || blobs.size(layer.digest()) != layer.size())) {
                    return "layer " + layer.digest() + " is missing or cut off";
                }
            }
            return null;
        } catch (ImageException e) {
            return e.getMessage();
        }
    }

    /**
     * Fetches and unpacks what is not here yet; equal pulls and equal layers are fetched once. An interrupt ends the wait.
     * @throws ImageException tells by its class what went wrong
     */
    public Image pull(Reference reference, Optional<RegistryCredentials> credentials, PullProgress progress)
            throws IOException, InterruptedException {
        Digest manifest =
                pulls.get(new PullKey(reference, credentials), progress, told -> fetch(reference, credentials, told));
        syncBehind();
        return imageOf(manifest);
    }

    private Digest fetch(Reference reference, Optional<RegistryCredentials> credentials, PullProgress progress)
            throws IOException, InterruptedException {
        RemoteRepository repository = registries.open(reference, credentials);
        try (Holds.Hold hold = holds.hold()) {
            Optional<StoredName> current = current(reference);
            if (current.isPresent() && isUnchanged(repository, reference, current.get())) {
                return current.get().manifest();
            }
            FetchedManifest top = repository.manifest(reference.selector());
            FetchedManifest ours = fetcher.fetch(repository, top, hold, progress);
            put(new StoredName(
                    ours.digest(),
                    ours.mediaType(),
                    ours.content().length,
                    Optional.of(reference.digest().map(reference::withDigest).orElse(reference)),
                    Optional.of(top.digest()),
                    current.map(StoredName::pinned).orElse(false)));
            return ours.digest();
        } catch (IOException | InterruptedException | RuntimeException e) {
            collectAfter(e);
            throw e;
        }
    }

    /** What the failed work brought is nobody's. */
    private void collectAfter(Exception failure) {
        try {
            collect();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private Optional<StoredName> current(Reference reference) {
        return index.names().stream()
                .filter(name -> name.name().map(Reference::toString).equals(Optional.of(reference.toString())))
                .findFirst();
    }

    /** Whether the tag means at the registry what it means here. Only where that costs less than asking for the manifest. */
    private boolean isUnchanged(RemoteRepository repository, Reference reference, StoredName current)
            throws IOException, InterruptedException {
        if (reference.tag().isEmpty() || reference.digest().isPresent() || !isUnpacked(current)) {
            return false;
        }
        try {
            Optional<Digest> now = repository.resolve(reference.tag().get());
            return now.isPresent() && now.equals(current.repoDigest());
        } catch (ImageException.Unavailable e) {
            return false; // a registry that does not know HEAD: the manifest itself tells
        }
    }

    private boolean isUnpacked(StoredName name) throws IOException {
        for (Digest chainId : catalog.content(name.manifest()).chainIds()) {
            if (!layers.has(chainId)) {
                return false;
            }
        }
        return true;
    }

    private void put(StoredName name) throws IOException {
        lock.lock();
        try {
            index.put(name);
        } finally {
            lock.unlock();
        }
    }

    private Image imageOf(Digest manifest) throws IOException {
        Digest id = catalog.content(manifest).manifest().config().digest();
        return catalog.images(index.names()).stream()
                .filter(image -> image.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new ImageException.NotFound("image " + id + " was removed while it was pulled"));
    }

    /**
     * Brings blobs and layers to the disk, and lets go of the blobs that layers were made of. Their notes are looked up first: what comes meanwhile
     * is not covered.
     */
    private void sync() throws IOException {
        List<Path> notes = new ArrayList<>(blobs.notes());
        notes.addAll(layers.notes());
        if (!notes.isEmpty()) {
            DurableFiles.syncFileSystem(root);
            lock.lock();
            try {
                if (closed) {
                    return; // the files are somebody else's by now
                }
                for (Path note : notes) {
                    Files.deleteIfExists(note);
                }
            } finally {
                lock.unlock();
            }
            collect();
        }
    }

    /** On a thread of its own: syncfs(2) waits for whatever else the node writes. */
    private void syncBehind() {
        Thread.ofPlatform().name("image-sync").daemon().start(() -> {
            try {
                sync();
            } catch (IOException e) {
                // The layers keep their note, and are unpacked again if the power fails now.
                LOG.log(Level.WARNING, "layers could not be brought to the disk: {0}", e.getMessage());
            }
        });
    }

    /**
     * Reads an archive of {@code docker save} or an OCI image layout, as tar (plain, gzip, zstd) or directory.
     * @return the images it had, unpacked; unnamed ones are kept by their id
     */
    public List<Image> load(Path archive, PullProgress progress) throws IOException, InterruptedException {
        Path scratch = root.resolve("incoming/load-" + loads.incrementAndGet());
        List<Digest> manifests = new ArrayList<>();
        try (ArchiveFiles files = ArchiveFiles.open(archive, scratch);
                Holds.Hold hold = holds.hold()) {
            Archive images = new Archive(archive, files, platform);
            for (Archive.Entry entry : images.entries()) {
                FetchedManifest ours = fetcher.fetch(images, entry.manifest(), hold, progress);
                put(new StoredName(
                        ours.digest(),
                        ours.mediaType(),
                        ours.content().length,
                        Optional.empty(),
                        Optional.empty(),
                        false));
                for (Reference name : entry.names()) {
                    put(new StoredName(
                            ours.digest(),
                            ours.mediaType(),
                            ours.content().length,
                            Optional.of(name),
                            Optional.empty(),
                            false));
                }
                manifests.add(ours.digest());
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            collectAfter(e);
            throw e;
        }
        syncBehind();
        List<Image> loaded = new ArrayList<>();
        for (Digest manifest : manifests) {
            loaded.add(imageOf(manifest));
        }
        return loaded;
    }

    /** Finds by id (with or without {@code sha256:}, or the beginning of one that no other image shares), name or name@digest. */
    public Optional<Image> find(String nameOrId) throws IOException {
        List<StoredName> names = index.names();
        List<StoredName> found = catalog.matching(nameOrId, names);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Digest id = catalog.idOf(found.getFirst());
        return catalog.images(names).stream()
                .filter(image -> image.id().equals(id))
                .findFirst();
    }

    /** All images, one entry an id. */
    public List<Image> list() throws IOException {
        return catalog.images(index.names());
    }

    /** Gives an image one more name. */
    public Image tag(Image image, Reference name) throws IOException {
        StoredName known = index.names().stream()
                .filter(stored -> stored.manifest().equals(image.manifest()))
                .findFirst()
                .orElseThrow(() -> new ImageException.NotFound("image " + image.id() + " is not here any more"));
        put(new StoredName(
                known.manifest(),
                known.mediaType(),
                known.manifestSize(),
                Optional.of(name),
                Optional.empty(),
                known.pinned()));
        return imageOf(known.manifest());
    }

    /**
     * Removes an image with all of its names, and what no other image and no snapshot needs; nothing where there is none.
     * @param nameOrId as {@link #find} takes it: one name of several removes that name alone
     */
    public void remove(String nameOrId) throws IOException {
        lock.lock();
        try {
            List<StoredName> found = catalog.matching(nameOrId, index.names());
            index.update(names -> {
                names.removeAll(found);
                return names;
            });
            found.forEach(name -> catalog.forget(name.manifest()));
        } finally {
            lock.unlock();
        }
        collect();
    }

    /** The configuration's, and those of layers that a power failure would take: a layer is kept once. */
    private List<Digest> blobsOf(ImageCatalog.Content content) {
        List<Digest> needed =
                new ArrayList<>(List.of(content.manifest().config().digest()));
        for (int i = 0; i < content.chainIds().size(); i++) {
            if (!layers.isOnDisk(content.chainIds().get(i))) {
                needed.add(content.manifest().layers().get(i).digest());
            }
        }
        return needed;
    }

    /** Removes blobs and layers that no image, no snapshot and no running work needs. */
    private void collect() throws IOException {
        List<Path> trash = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return; // the files are somebody else's by now
            }
            Set<Digest> liveBlobs = new HashSet<>();
            Set<Digest> liveLayers = new HashSet<>(snapshots.layersInUse());
            for (StoredName name : index.names()) {
                ImageCatalog.Content content = catalog.content(name.manifest());
                liveBlobs.add(name.manifest());
                liveBlobs.addAll(blobsOf(content));
                liveLayers.addAll(content.chainIds());
            }
            for (Digest blob : blobs.list()) {
                if (!liveBlobs.contains(blob)) {
                    holds.ifFree(blob, () -> blobs.remove(blob));
                }
            }
            for (String hex : layers.list()) {
                Digest chainId = Layers.chainId(hex);
                if (!liveLayers.contains(chainId)) {
                    holds.ifFree(chainId, () -> trash.add(layers.discard(hex)));
                }
            }
        } finally {
            lock.unlock();
        }
        for (Path path : trash) {
            FileTree.remove(path);
        }
    }

    /** What images take on disk: their blobs, and their layers as counted when they were unpacked. */
    public FsUsage usage() throws IOException {
        long bytes = 0;
        long inodes = 0;
        lock.lock(); // nothing of what is counted is removed meanwhile
        try {
            for (Digest blob : blobs.list()) {
                bytes += blobs.size(blob);
                inodes++;
            }
            for (String hex : layers.list()) {
                long[] usage = layers.usage(hex);
                bytes += usage[0];
                inodes += usage[1];
            }
        } finally {
            lock.unlock();
        }
        return new FsUsage(root, bytes, inodes, Clock.systemUTC().instant());
    }

    /** The containers' side of the store. */
    public Snapshots snapshots() {
        return snapshots;
    }

    private void withLayers(Image image, DirectorySnapshots.LayerKeeper.Body body) throws IOException {
        try (Holds.Hold hold = holds.hold()) {
            hold.add(image.chainIds());
            ImageCatalog.Content content = catalog.content(image.manifest());
            hold.add(content.manifest().digests());
            fetcher.unpackAgain(content.manifest(), content.diffIds(), hold);
            lock.lock(); // whoever collects sees the hold, or the snapshot
            try {
                body.run();
            } finally {
                lock.unlock();
            }
        } catch (InterruptedException e) {
            InterruptedIOException told = new InterruptedIOException("unpacking image " + image.id() + " was given up");
            told.initCause(e);
            throw told;
        }
    }

    /** Lets another process open the store; pulls that still run fail. */
    @Override
    public void close() throws IOException {
        fetcher.close();
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        lockFile.close();
    }
}
