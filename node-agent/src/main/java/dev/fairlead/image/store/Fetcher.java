package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.PullProgress.Phase;
import dev.fairlead.image.registry.BlobTarget;
import dev.fairlead.image.registry.ContentSource;
import dev.fairlead.image.registry.FetchedManifest;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.image.registry.TargetPlatform;
import dev.fairlead.image.store.ManifestReader.Blob;
import dev.fairlead.image.store.ManifestReader.Manifest;
import dev.fairlead.oci.Descriptor;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Brings the content of an image into the store: each layer is downloaded, checked, unpacked and named as soon as the layers below it have
 * theirs. Layers go side by side, and one that several images want at a time comes once.
 */
final class Fetcher implements AutoCloseable {
    private static final int NESTED_INDEXES = 3;
    private static final int LARGEST_CONFIG = 16 << 20;

    private final Blobs blobs;
    private final Layers layers;
    private final TargetPlatform platform;
    private final Workers downloads;
    private final Workers unpackers;
    private final SharedWork<Digest, Boolean> sharedBlobs = new SharedWork<>("image-blob");
    private final SharedWork<Digest, Boolean> sharedLayers = new SharedWork<>("image-layer");

    Fetcher(Blobs blobs, Layers layers, RegistryConfig config) {
        this.blobs = blobs;
        this.layers = layers;
        this.platform = config.platform();
        this.downloads = new Workers("image-download", config.parallelLayers());
        this.unpackers = new Workers(
                "image-unpack",
                Math.min(config.parallelLayers(), Runtime.getRuntime().availableProcessors()));
    }

    /**
     * Brings the image that {@code top} means for our platform.
     * @param hold takes all digests of the image
     * @return the manifest of our platform, in the store with all it names
     */
    FetchedManifest fetch(ContentSource source, FetchedManifest top, Holds.Hold hold, PullProgress progress)
            throws IOException, InterruptedException {
        FetchedManifest chosen = choose(source, top);
        Manifest manifest = ManifestReader.image(chosen.content(), source.label());
        hold.add(List.of(chosen.digest()));
        hold.add(manifest.digests());
        if (manifest.config().size() > LARGEST_CONFIG) {
            throw new BadImage(source.label() + ": the configuration has "
                    + manifest.config().size() + " bytes, " + LARGEST_CONFIG + " are allowed");
        }
        blob(source, manifest.config(), PullProgress.NONE);
        ImageConfig config = ManifestReader.config(
                blobs.read(manifest.config().digest()), manifest.layers().size(), source.label());
        checkPlatform(config, source);
        layers(source, manifest, ManifestReader.diffIds(config), hold, progress);
        blobs.write(chosen.digest(), chosen.content());
        return chosen;
    }

    /** Unpacks what layers of a stored image are missing: those that a power failure may have damaged are removed at start. */
    void unpackAgain(Manifest manifest, List<Digest> diffIds, Holds.Hold hold)
            throws IOException, InterruptedException {
        layers(new NothingElse(), manifest, diffIds, hold, PullProgress.NONE);
    }

    /** Where blobs come from that ought to be here. */
    private static final class NothingElse implements ContentSource {
        @Override
        public FetchedManifest manifest(Digest digest) throws IOException {
            throw missing(digest);
        }

        @Override
        public void blob(Digest digest, long size, BlobTarget target, LongConsumer arrived) throws IOException {
            throw missing(digest);
        }

        private static ImageException missing(Digest digest) {
            return new ImageException.NotFound("the store has no blob " + digest + "; pull the image again");
        }

        @Override
        public String label() {
            return "image store";
        }
    }

    private FetchedManifest choose(ContentSource source, FetchedManifest top) throws IOException, InterruptedException {
        FetchedManifest manifest = top;
        for (int depth = 0; depth <= NESTED_INDEXES; depth++) {
            if (ManifestReader.kind(manifest.mediaType(), manifest.content(), source.label())
                    == ManifestReader.Kind.IMAGE) {
                return manifest;
            }
            List<Descriptor> offered =
                    ManifestReader.index(manifest.content(), source.label()).manifests();
            Descriptor ours = platform.choose(offered)
                    .orElseThrow(() -> new ImageException.NotFound(source.label() + ": there is no image for "
                            + platform + ", only for " + describe(offered) + "; build it for this platform too"));
            manifest = source.manifest(Digest.parse(ours.digest()));
        }
        throw new BadImage(source.label() + ": lists of images are nested more than " + NESTED_INDEXES + " deep");
    }

    private static String describe(List<Descriptor> offered) {
        String platforms = offered.stream()
                .map(Descriptor::platform)
                .filter(theirs -> theirs != null && theirs.os() != null && !"unknown".equals(theirs.os()))
                .map(theirs -> theirs.os()
                        + '/'
                        + theirs.architecture()
                        + (theirs.variant() == null ? "" : '/' + theirs.variant()))
                .distinct()
                .limit(20)
                .collect(Collectors.joining(", "));
        return platforms.isEmpty() ? "none that is named" : platforms;
    }

    private void checkPlatform(ImageConfig config, ContentSource source) throws ImageException {
        if (config.os() == null || config.architecture() == null) {
            return; // made by hand: nothing speaks against it
        }
        Platform theirs = new Platform(config.architecture(), config.os(), null, List.of(), config.variant(), Map.of());
        if (!platform.runs(theirs)) {
            throw new ImageException.NotFound(source.label() + ": the image is for " + config.os() + '/'
                    + config.architecture() + (config.variant() == null ? "" : '/' + config.variant())
                    + ", this node is " + platform + "; build it for this platform too");
        }
    }

    private void layers(
            ContentSource source, Manifest manifest, List<Digest> diffIds, Holds.Hold hold, PullProgress progress)
            throws IOException, InterruptedException {
        List<Digest> chain = ManifestReader.chainIds(diffIds);
        hold.add(chain);
        if (chain.stream().allMatch(layers::has)) {
            manifest.layers().forEach(layer -> progress.layer(layer.digest(), Phase.DONE, layer.size(), layer.size()));
            return;
        }
        List<Callable<Boolean>> jobs = new ArrayList<>();
        CompletableFuture<Boolean> below = CompletableFuture.completedFuture(true);
        for (int i = 0; i < chain.size(); i++) {
            LayerJob job = new LayerJob(
                    source,
                    manifest.layers().get(i),
                    diffIds.get(i),
                    chain.get(i),
                    chain.subList(0, i).reversed(),
                    below,
                    progress);
            below = job.named;
            jobs.add(job);
        }
        runAll(jobs);
    }

    /** Runs all at once; the first failure ends the others, and is thrown when they have ended. */
    private static void runAll(List<Callable<Boolean>> jobs) throws IOException, InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            ExecutorCompletionService<Boolean> results = new ExecutorCompletionService<>(threads);
            jobs.forEach(results::submit);
            try {
                for (int i = 0; i < jobs.size(); i++) {
                    Future<Boolean> done = results.take();
                    done.get();
                }
            } catch (ExecutionException e) {
                threads.shutdownNow();
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case InterruptedException failure -> throw failure;
                    case RuntimeException failure -> throw failure;
                    case Error failure -> throw failure;
                    case null, default -> throw new IOException(e.getCause());
                }
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    /** Brings one layer. */
    private final class LayerJob implements Callable<Boolean> {
        private final ContentSource source;
        private final Blob blob;
        private final Digest diffId;
        private final Digest chainId;
        private final List<Digest> chainBelow;
        private final CompletableFuture<Boolean> below;
        private final PullProgress progress;
        private final CompletableFuture<Boolean> named = new CompletableFuture<>();

        private LayerJob(
                ContentSource source,
                Blob blob,
                Digest diffId,
                Digest chainId,
                List<Digest> chainBelow,
                CompletableFuture<Boolean> below,
                PullProgress progress) {
            this.source = source;
            this.blob = blob;
            this.diffId = diffId;
            this.chainId = chainId;
            this.chainBelow = chainBelow;
            this.below = below;
            this.progress = progress;
        }

        @Override
        public Boolean call() throws IOException, InterruptedException {
            try {
                if (!layers.has(chainId)) {
                    sharedLayers.get(chainId, progress, this::bring);
                }
                named.complete(true);
                progress.layer(blob.digest(), Phase.DONE, blob.size(), blob.size());
                return true;
            } catch (IOException | InterruptedException | RuntimeException e) {
                named.completeExceptionally(e);
                throw e;
            }
        }

        private Boolean bring(PullProgress told) throws IOException, InterruptedException {
            if (layers.has(chainId)) {
                return true;
            }
            blob(source, blob, told);
            try (Layers.Unpacked unpacked = unpackers.call(() -> unpack(told))) {
                below.get();
                layers.keep(unpacked, chainId, chainBelow);
                return true;
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException failure -> throw failure;
                    case InterruptedException failure -> throw failure;
                    case null, default -> throw new IOException(e.getCause());
                }
            }
        }

        private Layers.Unpacked unpack(PullProgress told) throws IOException {
            try (InputStream compressed = new ProgressStream(
                    Files.newInputStream(blobs.path(blob.digest())),
                    done -> told.layer(blob.digest(), Phase.UNPACKING, done, blob.size()))) {
                return layers.unpack(
                        compressed, diffId, chainBelow.isEmpty(), source.label() + ", layer " + blob.digest());
            }
        }
    }

    /** Brings a blob, unless it is here. */
    private void blob(ContentSource source, Blob blob, PullProgress progress) throws IOException, InterruptedException {
        if (blobs.has(blob.digest())) {
            return;
        }
        sharedBlobs.get(
                blob.digest(),
                progress,
                told -> blobs.has(blob.digest())
                        || downloads.call(() -> {
                            try (Blobs.Incoming incoming = blobs.receive()) {
                                source.blob(
                                        blob.digest(),
                                        blob.size(),
                                        incoming,
                                        done -> told.layer(blob.digest(), Phase.DOWNLOADING, done, blob.size()));
                                incoming.keep(blob.digest());
                                return true;
                            }
                        }));
    }

    @Override
    public void close() {
        downloads.close();
        unpackers.close();
    }
}
