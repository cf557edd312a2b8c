package dev.fairlead.image;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** An image in memory, layer by layer. */
public final class TestImage {
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

    private final List<byte[]> blobs = new ArrayList<>();
    private final List<String> diffIds = new ArrayList<>();
    private String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    private String defaults = "{\"Cmd\":[\"/bin/true\"],\"User\":\"1000:1000\"}";

    /** How a layer's blob is compressed. */
    public enum Packing {
        GZIP,
        ZSTD,
        PLAIN;

        public byte[] pack(byte[] tar) {
            return switch (this) {
                case GZIP -> gzip(tar);
                case ZSTD -> Zstd.compress(tar);
                case PLAIN -> tar;
            };
        }
    }

    /** Entries of a tar archive. */
    public static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, "UTF-8");

        private Tar() {
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            out.setAddPaxHeadersForNonAsciiNames(true);
        }

        public Tar file(String name, String content) {
            return file(name, content, entry -> {});
        }

        public Tar file(String name, String content, Consumer<TarArchiveEntry> change) {
            byte[] text = content.getBytes(StandardCharsets.UTF_8);
            TarArchiveEntry entry = new TarArchiveEntry(name, true);
            entry.setMode(0644);
            entry.setModTime(1_600_000_000_000L);
            entry.setSize(text.length);
            change.accept(entry);
            return put(entry, text);
        }

        public Tar directory(String name) {
            return directory(name, entry -> {});
        }

        public Tar directory(String name, Consumer<TarArchiveEntry> change) {
            return node(TarArchiveEntry.LF_DIR, name + '/', entry -> {
                entry.setMode(0755);
                change.accept(entry);
            });
        }

        public Tar symlink(String name, String target) {
            return node(TarArchiveEntry.LF_SYMLINK, name, entry -> entry.setLinkName(target));
        }

        public Tar hardLink(String name, String target) {
            return node(TarArchiveEntry.LF_LINK, name, entry -> entry.setLinkName(target));
        }

        public Tar node(byte type, String name, Consumer<TarArchiveEntry> change) {
            TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
            entry.setMode(0644);
            entry.setModTime(1_600_000_000_000L);
            change.accept(entry);
            return put(entry, new byte[0]);
        }

        private Tar put(TarArchiveEntry entry, byte[] content) {
            try {
                out.putArchiveEntry(entry);
                out.write(content);
                out.closeArchiveEntry();
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public byte[] bytes() {
            try {
                out.finish();
                return bytes.toByteArray();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public static Tar tar() {
        return new Tar();
    }

    public static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    public TestImage layer(Tar tar) {
        return layer(tar.bytes(), Packing.GZIP);
    }

    public TestImage layer(byte[] tar, Packing packing) {
        blobs.add(packing.pack(tar));
        diffIds.add(Digest.sha256(tar).toString());
        return this;
    }

    /** A layer whose configuration promises another digest. */
    public TestImage layerWithDiffId(Tar tar, String diffId) {
        blobs.add(gzip(tar.bytes()));
        diffIds.add(diffId);
        return this;
    }

    public TestImage architecture(String name) {
        architecture = name;
        return this;
    }

    public TestImage defaults(String json) {
        defaults = json;
        return this;
    }

    public Digest layerDigest(int layer) {
        return Digest.sha256(blobs.get(layer));
    }

    public byte[] layerBlob(int layer) {
        return blobs.get(layer);
    }

    public byte[] config() {
        String quoted =
                String.join(",", diffIds.stream().map(id -> '"' + id + '"').toList());
        return utf8("{\"architecture\":\"" + architecture + "\",\"os\":\"linux\",\"config\":" + defaults
                + ",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + quoted + "]}}");
    }

    public byte[] manifest() {
        String layers = String.join(
                ",", blobs.stream().map(blob -> descriptor(LAYER, blob, "")).toList());
        return utf8("{\"schemaVersion\":2,\"mediaType\":\"" + MANIFEST + "\",\"config\":"
                + descriptor(CONFIG, config(), "") + ",\"layers\":[" + layers + "]}");
    }

    /** Puts it at a registry. */
    public Digest push(TestRegistry registry, String repository, String tag) {
        registry.putBlob(config());
        blobs.forEach(registry::putBlob);
        return registry.putManifest(repository, tag, MANIFEST, manifest());
    }

    /** Puts a list at a registry, of images with their platforms ({@code os/architecture/variant}). */
    public static Digest pushIndex(
            TestRegistry registry, String repository, String tag, Map<String, TestImage> images) {
        List<String> entries = new ArrayList<>();
        images.forEach((platform, image) -> {
            image.push(registry, repository, "unnamed-" + platform.replace('/', '-'));
            String[] parts = platform.split("/", -1);
            entries.add(descriptor(
                    MANIFEST,
                    image.manifest(),
                    ",\"platform\":{\"os\":\"" + parts[0] + "\",\"architecture\":\"" + parts[1] + '"'
                            + (parts.length > 2 ? ",\"variant\":\"" + parts[2] + '"' : "") + '}'));
        });
        return registry.putManifest(
                repository,
                tag,
                INDEX,
                utf8("{\"schemaVersion\":2,\"mediaType\":\"" + INDEX + "\",\"manifests\":[" + String.join(",", entries)
                        + "]}"));
    }

    /** The files of an OCI image layout, by name. */
    public Map<String, byte[]> layout(String annotations) {
        Map<String, byte[]> files = new java.util.LinkedHashMap<>();
        files.put("oci-layout", utf8("{\"imageLayoutVersion\":\"1.0.0\"}"));
        files.put(
                "index.json",
                utf8("{\"schemaVersion\":2,\"manifests\":["
                        + descriptor(MANIFEST, manifest(), ",\"annotations\":{" + annotations + '}') + "]}"));
        List<byte[]> all = new ArrayList<>(blobs);
        all.add(config());
        all.add(manifest());
        all.forEach(blob -> files.put("blobs/sha256/" + Digest.sha256(blob).hex(), blob));
        return files;
    }

    private static String descriptor(String mediaType, byte[] content, String more) {
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + Digest.sha256(content) + "\",\"size\":"
                + content.length + more + '}';
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
