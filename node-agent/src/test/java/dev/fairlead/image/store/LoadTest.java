package dev.fairlead.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.image.Digest;
import dev.fairlead.image.Image;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.Reference;
import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestRegistry;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import land.oras.LayoutRef;
import land.oras.OCILayout;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that others wrote, and our layout in others' hands. */
@NeedsRoot // layers are unpacked
class LoadTest {
    @TempDir
    private Path directory;

    private ImageStore store;

    @BeforeEach
    void open() throws IOException {
        store = ImageStore.open(directory.resolve("root"), RegistryConfig.withHosts(directory.resolve("certs.d")));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private static TestImage image() {
        return new TestImage()
                .layer(TestImage.tar().file("one", "1"))
                .layer(TestImage.tar().file("two", "2"));
    }

    private Path archive(Map<String, byte[]> files) throws IOException {
        Path archive = directory.resolve("image.tar");
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(archive))) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey());
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return archive;
    }

    private Path directory(Map<String, byte[]> files) throws IOException {
        Path layout = directory.resolve("layout");
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path path = layout.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue());
        }
        return layout;
    }

    private List<Image> load(Path archive) throws IOException, InterruptedException {
        return store.load(archive, PullProgress.NONE);
    }

    @Test
    void aLayoutIsLoadedFromTarAndDirectory() throws Exception {
        Map<String, byte[]> files = image().layout("\"io.containerd.image.name\":\"docker.io/team/app:1\"");

        List<Image> fromTar = load(archive(files));
        List<Image> fromDirectory = load(directory(files));

        assertThat(fromTar).isEqualTo(fromDirectory).singleElement().satisfies(image -> {
            assertThat(image.repoTags()).containsExactly("docker.io/team/app:1");
            assertThat(image.repoDigests()).isEmpty();
            assertThat(image.id()).isEqualTo(Digest.sha256(image().config()));
        });
        assertThat(store.find("team/app:1")).contains(fromTar.getFirst());
        assertThat(store.snapshots().create("c1", fromTar.getFirst()).lower())
                .hasSize(2)
                .first()
                .satisfies(top -> assertThat(top.resolve("two")).hasContent("2"));
        try (var incoming = Files.list(directory.resolve("root/incoming"))) {
            assertThat(incoming).isEmpty();
        }
    }

    @Test
    void aBareTagIsNoName() throws Exception {
        Image image = load(archive(image().layout("\"org.opencontainers.image.ref.name\":\"latest\"")))
                .getFirst();

        assertThat(image.repoTags()).isEmpty();
        assertThat(store.find(image.id().hex())).contains(image);
        assertThat(store.tag(image, Reference.parse("team/app:2")).repoTags()).containsExactly("docker.io/team/app:2");
        assertThat(store.list()).hasSize(1);
    }

    @Test
    void anArchiveOfDockerSaveIsLoaded() throws Exception {
        TestImage image = image();
        byte[] one = TestImage.tar().file("one", "1").bytes();
        byte[] two = TestImage.tar().file("two", "2").bytes();
        Path archive = directory.resolve("save.tar");
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(archive))) {
            put(tar, "aaa/layer.tar", one);
            put(tar, "bbb/real.tar", two);
            TarArchiveEntry link = new TarArchiveEntry("ccc/layer.tar", TarArchiveEntry.LF_SYMLINK);
            link.setLinkName("../bbb/real.tar");
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
            put(tar, "config.json", image.config());
            put(
                    tar,
                    "manifest.json",
                    ("[{\"Config\":\"config.json\",\"RepoTags\":[\"team/app:1\",\"team/app:2\"],"
                                    + "\"Layers\":[\"aaa/layer.tar\",\"ccc/layer.tar\"]}]")
                            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }

        Image loaded = load(archive).getFirst();

        assertThat(loaded.id()).isEqualTo(Digest.sha256(image.config()));
        assertThat(loaded.repoTags()).containsExactly("docker.io/team/app:1", "docker.io/team/app:2");
    }

    private static void put(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    @Test
    void aDamagedArchiveIsToldAndLeavesNothing() throws Exception {
        Map<String, byte[]> files = image().layout("");
        files.put("blobs/sha256/" + image().layerDigest(1).hex(), new byte[image().layerBlob(1).length]);

        assertThatThrownBy(() -> load(archive(files)))
                .isInstanceOf(ImageException.DigestMismatch.class)
                .hasMessageContaining("image.tar")
                .hasMessageContaining(image().layerDigest(1).toString());
        assertThat(store.list()).isEmpty();
        assertThat(store.usage().bytes()).isZero();
        assertThatThrownBy(() -> load(Files.writeString(directory.resolve("x"), "no archive")))
                .isInstanceOf(ImageException.BadImage.class);
        files.remove("index.json");
        assertThatThrownBy(() -> load(archive(files)))
                .isInstanceOf(ImageException.BadImage.class)
                .hasMessageContaining("neither index.json");
    }

    @Test
    void othersReadOurLayout() throws Exception {
        try (TestRegistry registry = TestRegistry.start()) {
            image().push(registry, "team/app", "1");
            String name = store.pull(registry.reference("team/app:1"), Optional.empty(), PullProgress.NONE)
                    .repoTags()
                    .getFirst();
            Path layout = directory.resolve("root/images");

            var oras = OCILayout.fromLayoutIndex(layout);
            assertThat(oras.getManifest(LayoutRef.of(
                                    oras, store.list().getFirst().manifest().toString()))
                            .getLayers())
                    .hasSize(2);

            assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
            Path copy = directory.resolve("copy.tar");
            run(
                    "skopeo",
                    "copy",
                    "--insecure-policy",
                    "oci:" + layout + ':' + name,
                    "docker-archive:" + copy + ":copy:1");
            assertThat(load(copy).getFirst().repoTags()).containsExactly(name, "docker.io/library/copy:1");
        }
    }

    @Test
    void umociUnpacksFromOurLayout() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/umoci")), "umoci is not installed");
        load(archive(image().layout("\"io.containerd.image.name\":\"docker.io/team/app:1\"")));
        Path layout = directory.resolve("root/images");

        assertThat(run("umoci", "ls", "--layout", layout.toString())).contains("docker.io/team/app:1");
    }

    private String run(String... command) throws Exception {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> read(output)).isZero();
        return read(output);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
