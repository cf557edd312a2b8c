package dev.fairlead.image.store;

import static dev.fairlead.image.TestRegistry.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.Digest;
import dev.fairlead.image.Image;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.PullProgress.Phase;
import dev.fairlead.image.Reference;
import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestImage.Packing;
import dev.fairlead.image.TestRegistry;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.image.registry.RegistryCredentials;
import dev.fairlead.image.registry.RetryPolicy;
import dev.fairlead.image.registry.TargetPlatform;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.MountFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NeedsRoot // layers are unpacked
class ImageStoreTest {
    private static final Optional<RegistryCredentials> NOBODY = Optional.empty();

    @TempDir
    private Path root;

    private TestRegistry registry;
    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        registry = TestRegistry.start();
        store = ImageStore.open(root, config());
    }

    private static RegistryConfig config() {
        return new RegistryConfig(
                List.of(),
                TargetPlatform.ofThisMachine(),
                4,
                new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(50)));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        registry.close();
    }

    private static TestImage twoLayers() {
        return new TestImage()
                .layer(TestImage.tar().directory("etc").file("etc/base", "base"))
                .layer(
                        TestImage.tar()
                                .file("app", "app")
                                .file("etc/.wh.base", "")
                                .bytes(),
                        Packing.ZSTD);
    }

    private Image pull(String name) throws IOException, InterruptedException {
        return store.pull(registry.reference(name), NOBODY, PullProgress.NONE);
    }

    private void reopen() throws IOException {
        store.close();
        store = ImageStore.open(root, config());
    }

    /** Waits until the disk has all, and the blobs of layers are gone: what is left are documents in JSON. */
    private void awaitDisk() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (Stream.of(root.resolve("unsynced"), root.resolve("layers"), root.resolve("images/blobs/sha256"))
                .anyMatch(ImageStoreTest::hasWorkLeft)) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    private static boolean hasWorkLeft(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.anyMatch(file -> switch (directory.getFileName().toString()) {
                case "unsynced" -> true;
                case "layers" -> Files.exists(file.resolve("unsynced"));
                default -> !isDocument(file);
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isDocument(Path blob) {
        try {
            return Files.readAllBytes(blob)[0] == '{';
        } catch (NoSuchFileException gone) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a power failure leaves a layer that the disk has not got yet: with its note, and its blob. */
    private void unsync(TestImage image, int layer, Digest chainId) throws IOException {
        Files.writeString(root.resolve("layers").resolve(chainId.hex()).resolve("unsynced"), "a boot before");
        Files.write(blob(image, layer), image.layerBlob(layer));
    }

    private Path blob(TestImage image, int layer) {
        return root.resolve("images/blobs/sha256")
                .resolve(image.layerDigest(layer).hex());
    }

    /** Every file below the directories that images, layers and transfers live in. */
    private List<String> leftovers() throws IOException {
        List<String> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add(root.relativize(file).toString());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE; // a note, whose layer is on the disk by now
            }
        });
        return files.stream()
                .filter(path -> !path.startsWith("containers") && !path.contains("unsynced"))
                .sorted()
                .toList();
    }

    private static final List<String> EMPTY_STORE = List.of("images.lock", "images/index.json", "images/oci-layout");

    @Test
    void aPulledImageIsThereAndStaysThere() throws Exception {
        TestImage image = twoLayers();
        Digest manifest = image.push(registry, "team/app", "1");

        Image pulled = pull("team/app:1");

        assertThat(pulled.id()).isEqualTo(Digest.sha256(image.config()));
        assertThat(pulled.repoTags()).containsExactly(registry.host() + "/team/app:1");
        assertThat(pulled.repoDigests()).containsExactly(registry.host() + "/team/app@" + manifest);
        assertThat(pulled.size())
                .isEqualTo(image.manifest().length
                        + image.config().length
                        + image.layerBlob(0).length
                        + image.layerBlob(1).length);
        assertThat(pulled.uid()).hasValue(1000);
        assertThat(pulled.username()).isEmpty();
        assertThat(pulled.chainIds()).hasSize(2);
        assertThat(store.list()).containsExactly(pulled);

        reopen();

        assertThat(store.list()).containsExactly(pulled);
        for (String name : List.of(
                registry.host() + "/team/app:1",
                registry.host() + "/team/app@" + manifest,
                pulled.id().toString(),
                pulled.id().hex(),
                pulled.id().hex().substring(0, 12))) {
            assertThat(store.find(name)).as(name).contains(pulled);
        }
        assertThat(store.find(registry.host() + "/team/app:2")).isEmpty();
        assertThat(store.find("busybox")).isEmpty();
        assertThat(store.find("ffff")).isEmpty();
    }

    @Test
    void snapshotsMountAsTheImageIs() throws Exception {
        twoLayers().push(registry, "team/app", "1");
        Image image = pull("team/app:1");

        Snapshot snapshot = store.snapshots().create("c1", image);

        Path merged = Files.createDirectory(root.resolve("merged"));
        PrivateMounts.run(() -> {
            Mounts.mount(
                    "overlay",
                    merged.toString(),
                    "overlay",
                    EnumSet.noneOf(MountFlag.class),
                    "lowerdir="
                            + String.join(
                                    ":",
                                    snapshot.lower().stream()
                                            .map(Path::toString)
                                            .toList())
                            + ",upperdir=" + snapshot.upper() + ",workdir=" + snapshot.work());
            assertThat(merged.resolve("app")).hasContent("app");
            assertThat(merged.resolve("etc")).isEmptyDirectory();
            Files.writeString(merged.resolve("written"), "x".repeat(10_000));
        });
        assertThat(store.snapshots().usage("c1").bytes()).isBetween(10_000L, 40_000L);
        assertThat(store.snapshots().usage("c1").inodes()).isEqualTo(2);
        assertThat(store.snapshots().list()).containsExactly("c1");
        assertThat(store.snapshots().find("c1")).contains(snapshot);
        assertThatThrownBy(() -> store.snapshots().create("c1", image)).isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> store.snapshots().create("../c1", image)).isInstanceOf(IllegalArgumentException.class);

        store.snapshots().remove("c1");
        store.snapshots().remove("c1");

        assertThat(store.snapshots().list()).isEmpty();
        assertThat(store.snapshots().find("c1")).isEmpty();
    }

    @Test
    void layersThatAContainerStandsOnOutliveTheirImage() throws Exception {
        twoLayers().push(registry, "team/app", "1");
        Image image = pull("team/app:1");
        Snapshot snapshot = store.snapshots().create("c1", image);

        store.remove(image.id().toString());
        store.remove(image.id().toString());

        assertThat(store.list()).isEmpty();
        assertThat(snapshot.lower()).allSatisfy(layer -> assertThat(layer).isDirectory());
        store.snapshots().remove("c1");
        reopen();
        assertThat(leftovers()).isEqualTo(EMPTY_STORE);
    }

    @Test
    void removingOneNameOfSeveralRemovesThatName() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        image.push(registry, "team/app", "2");
        pull("team/app:1");
        Image both = pull("team/app:2");
        assertThat(both.repoTags()).hasSize(2);
        store.tag(both, Reference.parse("local/name:x"));

        store.remove(registry.host() + "/team/app:1");

        assertThat(store.list())
                .singleElement()
                .satisfies(left -> assertThat(left.repoTags())
                        .containsExactly(registry.host() + "/team/app:2", "docker.io/local/name:x"));
        store.remove(both.id().toString());
        assertThat(leftovers()).isEqualTo(EMPTY_STORE);
    }

    @Test
    void aTagThatMovedLeavesTheOldImageByItsDigest() throws Exception {
        Digest first = twoLayers().push(registry, "team/app", "latest");
        Image old = pull("team/app");
        new TestImage().layer(TestImage.tar().file("new", "new")).push(registry, "team/app", "latest");

        Image fresh = pull("team/app");

        assertThat(fresh.id()).isNotEqualTo(old.id());
        assertThat(store.find(old.id().toString())).get().satisfies(kept -> {
            assertThat(kept.repoTags()).isEmpty();
            assertThat(kept.repoDigests()).containsExactly(registry.host() + "/team/app@" + first);
        });
    }

    @Test
    void anUnchangedTagCostsOneHead() throws Exception {
        twoLayers().push(registry, "team/app", "1");
        Image first = pull("team/app:1");
        int before = registry.requests().size();

        assertThat(pull("team/app:1")).isEqualTo(first);

        assertThat(registry.requests().subList(before, registry.requests().size()))
                .containsExactly("HEAD /v2/team/app/manifests/1");
    }

    @Test
    void theImageOfOurPlatformIsTaken() throws Exception {
        TestImage ours = twoLayers();
        Digest index = TestImage.pushIndex(
                registry,
                "team/app",
                "multi",
                Map.of(
                        "linux/s390x",
                        new TestImage()
                                .architecture("s390x")
                                .layer(TestImage.tar().file("z", "z")),
                        TargetPlatform.ofThisMachine().toString(),
                        ours));

        Image pulled = pull("team/app:multi");

        assertThat(pulled.id()).isEqualTo(Digest.sha256(ours.config()));
        assertThat(pulled.repoDigests()).containsExactly(registry.host() + "/team/app@" + index);
        assertThat(store.find(registry.host() + "/team/app@" + index)).contains(pulled);
        assertThat(pull("team/app@" + index).repoDigests()).isEqualTo(pulled.repoDigests());
    }

    @Test
    void anImageForOtherMachinesOnlyIsNotFound() throws Exception {
        TestImage other =
                new TestImage().architecture("s390x").layer(TestImage.tar().file("z", "z"));
        TestImage.pushIndex(registry, "team/app", "other", Map.of("linux/s390x", other));
        other.push(registry, "team/app", "single");

        for (String tag : List.of("other", "single")) {
            assertThatThrownBy(() -> pull("team/app:" + tag))
                    .isInstanceOf(ImageException.NotFound.class)
                    .hasMessageContaining("linux/s390x")
                    .hasMessageContaining("repository team/app");
        }
        assertThat(leftovers()).isEqualTo(EMPTY_STORE);
    }

    @Test
    void whateverGoesWrongNothingIsLeft() throws Exception {
        TestImage good = twoLayers();
        good.push(registry, "team/good", "1");
        pull("team/good:1");
        awaitDisk();
        List<String> before = leftovers();

        TestImage damaged = imageWith("damaged");
        damaged.push(registry, "team/damaged", "1");
        registry.damageBlob(damaged.layerDigest(1), new byte[damaged.layerBlob(1).length]);
        fails(
                "team/damaged:1",
                ImageException.DigestMismatch.class,
                damaged.layerDigest(1).toString());

        TestImage closing = imageWith("closing");
        closing.push(registry, "team/closing", "1");
        registry.fail(closing.layerDigest(1).toString(), 100, registry.closeAfter(0));
        fails(
                "team/closing:1",
                ImageException.Unavailable.class,
                closing.layerDigest(1).toString());

        TestImage missing = imageWith("missing");
        missing.push(registry, "team/missing", "1");
        registry.fail(missing.layerDigest(1).toString(), 100, status(404));
        fails(
                "team/missing:1",
                ImageException.NotFound.class,
                missing.layerDigest(1).toString());

        TestImage hostile = new TestImage()
                .layer(TestImage.tar().file("base-of-hostile", "x"))
                .layer(TestImage.tar().symlink("out", "/tmp").file("out/evil", "x"));
        hostile.push(registry, "team/hostile", "1");
        fails("team/hostile:1", ImageException.BadImage.class, "\"out/evil\"");

        TestImage lying = new TestImage()
                .layer(TestImage.tar().file("base-of-lying", "x"))
                .layerWithDiffId(
                        TestImage.tar().file("lie", "x"),
                        Digest.sha256(new byte[1]).toString());
        lying.push(registry, "team/lying", "1");
        fails(
                "team/lying:1",
                ImageException.DigestMismatch.class,
                lying.layerDigest(1).toString());

        registry.putManifest(
                "team/chart",
                "1",
                TestImage.MANIFEST,
                ("{\"config\":{\"mediaType\":\"application/x.chart\"," + "\"digest\":\"" + Digest.sha256(new byte[0])
                                + "\",\"size\":2},\"layers\":[]}")
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        fails("team/chart:1", ImageException.BadImage.class, "application/x.chart");

        assertThat(leftovers()).isEqualTo(before);
        assertThat(store.list()).hasSize(1);
    }

    private static TestImage imageWith(String name) {
        return new TestImage()
                .layer(TestImage.tar().file("base-of-" + name, name))
                .layer(TestImage.tar().file(name, name.repeat(1000)));
    }

    private void fails(String name, Class<? extends ImageException> type, String part) {
        assertThatThrownBy(() -> pull(name))
                .isInstanceOf(type)
                .hasMessageContaining("registry " + registry.host())
                .hasMessageContaining(name.substring(0, name.indexOf(':')))
                .hasMessageContaining(part);
    }

    @Test
    void aFullDiskIsToldAndLeavesNothing() throws Exception {
        TestImage image = new TestImage()
                .layer(TestImage.tar().file("small", "x"))
                .layer(TestImage.tar().file("zeros", "0".repeat(4 << 20)));
        image.push(registry, "team/app", "1");
        Path mount = Files.createDirectory(root.resolve("tmpfs"));
        PrivateMounts.run(() -> {
            Mounts.mount("tmpfs", mount.toString(), "tmpfs", EnumSet.noneOf(MountFlag.class), "size=1m");
            // The store's own threads do not live in this mount namespace: they come in through this one's root.
            Path here = Path.of("/proc/thread-self").toRealPath();
            try (ImageStore small = ImageStore.open(Path.of(here + "/root" + mount), config())) {
                assertThatThrownBy(() -> small.pull(registry.reference("team/app:1"), NOBODY, PullProgress.NONE))
                        .isInstanceOf(ImageException.NoSpace.class)
                        .hasMessageContaining("no space");
                assertThat(small.list()).isEmpty();
                assertThat(small.usage().bytes()).isZero();
            }
        });
    }

    @Test
    void equalPullsAndEqualLayersAreFetchedOnce() throws Exception {
        byte[] base = TestImage.tar().file("base", "x".repeat(100_000)).bytes();
        TestImage one =
                new TestImage().layer(base, Packing.GZIP).layer(TestImage.tar().file("one", "1"));
        TestImage two =
                new TestImage().layer(base, Packing.GZIP).layer(TestImage.tar().file("two", "2"));
        one.push(registry, "team/one", "1");
        two.push(registry, "team/two", "1");
        CountDownLatch held = new CountDownLatch(1);
        registry.fail(one.layerDigest(0).toString(), 1, exchange -> {
            try {
                held.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            TestRegistry.answer(exchange, 200, one.layerBlob(0));
        });
        Map<String, Integer> done = new ConcurrentHashMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Image>> pulls = Stream.of("one", "one", "two", "one", "two")
                    .map(name -> threads.submit(() -> store.pull(
                            registry.reference("team/" + name + ":1"), NOBODY, (layer, phase, bytes, total) -> {
                                if (phase == Phase.DONE) {
                                    done.merge(name, 1, Integer::sum);
                                }
                            })))
                    .toList();
            Thread.sleep(300);
            held.countDown();
            for (Future<Image> pull : pulls) {
                assertThat(pull.get(20, TimeUnit.SECONDS).chainIds()).hasSize(2);
            }
        }

        assertThat(registry.blobRequests()).doesNotHaveDuplicates().hasSize(5);
        assertThat(done).containsEntry("one", 6).containsEntry("two", 4);
    }

    @Test
    void whoJoinsAPullThatIsGivenUpGoesOnAlone() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        CountDownLatch asked = new CountDownLatch(1);
        registry.fail(image.layerDigest(0).toString(), 1, exchange -> {
            asked.countDown();
            try {
                Thread.sleep(2_000);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Image> first = threads.submit(() -> pull("team/app:1"));
            assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
            first.cancel(true);
            Future<Image> second = threads.submit(() -> pull("team/app:1"));

            assertThat(second.get(20, TimeUnit.SECONDS).chainIds()).hasSize(2);
        }
    }

    @Test
    void anInterruptedPullLeavesNothing() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        CountDownLatch asked = new CountDownLatch(1);
        registry.fail(image.layerDigest(1).toString(), 1, exchange -> {
            asked.countDown();
            try {
                Thread.sleep(1_000);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        });
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                pull("team/app:1");
            } catch (IOException | InterruptedException e) {
                // expected
            }
        });
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        assertThat(leftovers()).isEqualTo(EMPTY_STORE);
    }

    @Test
    void whatACrashLeftIsRemovedAtOpen() throws Exception {
        twoLayers().push(registry, "team/app", "1");
        Image image = pull("team/app:1");
        awaitDisk();
        List<String> before = leftovers();
        store.close();
        Files.writeString(root.resolve("incoming/blob-77"), "half a blob");
        Files.createDirectories(root.resolve("layers/.new-9/fs/half"));
        Files.createDirectories(root.resolve("layers/.old-3/fs/half"));
        Files.createDirectories(root.resolve("layers/" + "ab".repeat(32) + "/fs"));
        Files.writeString(root.resolve("layers/" + "ab".repeat(32) + "/usage"), "1 1");
        Files.createDirectories(root.resolve("containers/.new-1/upper"));
        Files.writeString(root.resolve("images/blobs/sha256/" + "cd".repeat(32)), "nobody's");

        store = ImageStore.open(root, config());

        assertThat(store.list()).containsExactly(image);
        assertThat(leftovers()).isEqualTo(before);
        assertThat(root.resolve("containers/.new-1")).doesNotExist();
    }

    @Test
    void layersThatAPowerFailureMayHaveHitAreUnpackedAgain() throws Exception {
        TestImage pushed = twoLayers();
        pushed.push(registry, "team/app", "1");
        Image image = pull("team/app:1");
        Path layer = root.resolve("layers").resolve(image.chainIds().getFirst().hex());
        awaitDisk();
        store.close();
        unsync(pushed, 0, image.chainIds().getFirst());
        Files.writeString(layer.resolve("fs/etc/base"), "");
        int before = registry.requests().size();

        store = ImageStore.open(root, config(), new BootId("the boot after"));

        assertThat(layer).doesNotExist();
        Snapshot snapshot = store.snapshots().create("c1", image);
        assertThat(snapshot.lower().getLast().resolve("etc/base")).hasContent("base");
        assertThat(registry.requests()).hasSize(before);
    }

    @Test
    void layersAndBlobsThatAPowerFailureHitArePulledAgain() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        List<Digest> chain = pull("team/app:1").chainIds();
        awaitDisk();
        store.close();
        for (int layer : List.of(0, 1)) {
            unsync(image, layer, chain.get(layer));
            Files.writeString(
                    root.resolve(
                            "unsynced/" + image.layerDigest(layer).toString().replace(':', '-')),
                    "a boot before");
        }
        Files.write(blob(image, 1), new byte[image.layerBlob(1).length]);

        store = ImageStore.open(root, config(), new BootId("the boot after"));

        assertThat(blob(image, 1)).doesNotExist();
        assertThat(store.list()).isEmpty();
        assertThat(pull("team/app:1").chainIds()).isEqualTo(chain);
        assertThat(root.resolve("layers").resolve(chain.get(1).hex())).isDirectory();
    }

    @Test
    void aLayerIsKeptOnceAndServesFurtherImages() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        pull("team/app:1");
        awaitDisk();
        assertThat(blob(image, 0)).doesNotExist();
        reopen();
        assertThat(store.list()).hasSize(1);
        List<String> before = registry.blobRequests();
        image.push(registry, "team/same", "1");
        pull("team/same:1");
        assertThat(registry.blobRequests())
                .as("of layers: none, of a configuration that is known: none")
                .isEqualTo(before);
    }

    @Test
    void anImageWithoutOneOfItsLayersIsDropped() throws Exception {
        TestImage image = twoLayers();
        image.push(registry, "team/app", "1");
        Digest lowest = pull("team/app:1").chainIds().getFirst();
        awaitDisk();
        store.close();
        FileTree.remove(root.resolve("layers").resolve(lowest.hex()));

        store = ImageStore.open(root, config());

        assertThat(store.list()).isEmpty();
        assertThat(pull("team/app:1").chainIds()).hasSize(2);
    }

    @Test
    void oneProcessAtATime() {
        assertThatThrownBy(() -> ImageStore.open(root, config()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("in use");
    }

    @Test
    void anImageWithoutLayersHasAnEmptyRoot() throws Exception {
        new TestImage().push(registry, "team/empty", "1");

        Snapshot snapshot = store.snapshots().create("c1", pull("team/empty:1"));

        assertThat(snapshot.lower())
                .singleElement()
                .satisfies(layer -> assertThat(layer).isEmptyDirectory());
    }

    @Test
    void theRootOfTheContainerIsTheRootOfTheImage() throws Exception {
        new TestImage()
                .layer(TestImage.tar().directory(".", entry -> {
                    entry.setMode(0710);
                    entry.setIds(3, 4);
                }))
                .push(registry, "team/app", "1");

        Snapshot snapshot = store.snapshots().create("c1", pull("team/app:1"));

        Stat.Status upper = Stat.ofName(Fd.CWD, snapshot.upper().toString());
        assertThat(List.of(upper.mode(), upper.uid(), upper.gid())).containsExactly(0710, 3, 4);
    }

    @Test
    void usageCountsBlobsAndLayers() throws Exception {
        assertThat(store.usage().bytes()).isZero();
        twoLayers().push(registry, "team/app", "1");
        var _ = pull("team/app:1");
        awaitDisk();

        assertThat(store.usage().bytes()).isGreaterThan(4 * 4096);
        assertThat(store.usage().inodes())
                .as("manifest, configuration, and what the layers have")
                .isEqualTo(2 + 3 + 4);
        assertThat(store.usage().directory()).isEqualTo(root);
    }
}
