package dev.fairlead.image.store;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.Reference;
import dev.fairlead.image.registry.BlobTarget;
import dev.fairlead.image.registry.ContentSource;
import dev.fairlead.image.registry.FetchedManifest;
import dev.fairlead.image.registry.TargetPlatform;
import dev.fairlead.oci.Descriptor;
import dev.fairlead.oci.ImageIndex;
import dev.fairlead.oci.ImageManifest;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Images in a file: an OCI image layout (which docker save writes since version 25), or manifest.json with its configurations and layers
 * (what it wrote before, and podman and skopeo do).
 */
final class Archive implements ContentSource {
    private static final int BUFFER = 128 << 10;
    private static final int LARGEST_DOCUMENT = 4 << 20;
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";

    private final Path archive;
    private final ArchiveFiles files;
    private final TargetPlatform platform;
    private final Map<Digest, Path> blobs = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();

    /**
     * An image of the archive.
     *
     * @param names that it shall have; none for one that has no name there
     */
    record Entry(FetchedManifest manifest, List<Reference> names) {}

    /** Reads which images there are; {@code files} stays the caller's. */
    Archive(Path archive, ArchiveFiles files, TargetPlatform platform) throws IOException {
        this.archive = archive;
        this.files = files;
        this.platform = platform;
        Optional<Path> index = files.find("index.json");
        Optional<Path> manifest = files.find("manifest.json");
        if (index.isPresent()) {
            readLayout(document(index.get()));
        } else if (manifest.isPresent()) {
            readDockerSave(json(document(manifest.get())));
        } else {
            throw new BadImage(archive + ": has neither index.json (OCI image layout) nor manifest.json (docker save)");
        }
        if (entries.isEmpty()) {
            throw new ImageException.NotFound(archive + ": has no image for " + platform);
        }
    }

    List<Entry> entries() {
        return entries;
    }

    private void readLayout(byte[] index) throws IOException {
        ImageIndex document;
        try {
            document = OciJson.mapper().readValue(index, ImageIndex.class);
        } catch (JacksonException e) {
            throw new BadImage(archive + ": index.json cannot be read: " + e.getOriginalMessage(), e);
        }
        for (Descriptor descriptor : document.manifests()) {
            if (descriptor.platform() == null || platform.runs(descriptor.platform())) {
                entries.add(new Entry(manifest(Digest.parse(descriptor.digest())), nameOf(descriptor)));
            }
        }
    }

    /** containerd's annotation has a whole name. A ref.name is one only where it has more than a tag: the image-spec lets it be anything. */
    private static List<Reference> nameOf(Descriptor descriptor) throws ImageException {
        String whole = descriptor.annotations().getOrDefault("io.containerd.image.name", "");
        String ref = descriptor.annotations().getOrDefault("org.opencontainers.image.ref.name", "");
        String name = whole.isEmpty() && (ref.contains("/") || ref.contains(":")) ? ref : whole;
        return name.isEmpty() ? List.of() : List.of(Reference.parse(name));
    }

    private void readDockerSave(JsonNode manifest) throws IOException {
        if (!manifest.isArray()) {
            throw new BadImage(archive + ": manifest.json is no list");
        }
        for (JsonNode image : manifest) {
            List<Descriptor> layers = new ArrayList<>();
            for (JsonNode layer : image.path("Layers")) {
                layers.add(descriptor(LAYER, required(layer.asText())));
            }
            Descriptor config = descriptor(CONFIG, required(image.path("Config").asText()));
            byte[] content = OciJson.mapper()
                    .writeValueAsBytes(new ImageManifest(2, MANIFEST, null, config, layers, null, Map.of(), Map.of()));
            List<Reference> names = new ArrayList<>();
            for (JsonNode name : image.path("RepoTags")) {
                names.add(Reference.parse(name.asText()));
            }
            entries.add(new Entry(new FetchedManifest(Digest.sha256(content), MANIFEST, content), names));
        }
    }

    private Descriptor descriptor(String mediaType, Path file) throws IOException {
        Digest digest = Blobs.hash(file, Digest.Algorithm.SHA256);
        blobs.put(digest, file);
        return new Descriptor(
                mediaType, digest.toString(), Files.size(file), List.of(), Map.of(), null, null, null, Map.of());
    }

    private Path required(String name) throws BadImage {
        return files.find(name)
                .orElseThrow(
                        () -> new BadImage(archive + ": the file \"" + name + "\" is missing; save the image again"));
    }

    private Path blobFile(Digest digest) throws BadImage {
        Path known = blobs.get(digest);
        return known != null ? known : required("blobs/" + digest.algorithm().prefix() + '/' + digest.hex());
    }

    @Override
    public FetchedManifest manifest(Digest digest) throws IOException {
        byte[] content = document(blobFile(digest));
        MessageDigest hash = digest.algorithm().hash();
        hash.update(content);
        check(digest, Digest.of(digest.algorithm(), hash));
        return new FetchedManifest(digest, json(content).path("mediaType").asText(""), content);
    }

    @Override
    public void blob(Digest digest, long size, BlobTarget target, LongConsumer arrived) throws IOException {
        MessageDigest hash = digest.algorithm().hash();
        byte[] buffer = new byte[BUFFER];
        long done = 0;
        try (InputStream in = Files.newInputStream(blobFile(digest))) {
            int read;
            while ((read = in.read(buffer)) > 0) {
                hash.update(buffer, 0, read);
                target.write(buffer, read);
                done += read;
                arrived.accept(Math.min(done, size));
            }
        }
        check(digest, Digest.of(digest.algorithm(), hash));
        if (done != size) {
            throw new BadImage(archive + ": blob " + digest + " has " + done + " bytes, the manifest says " + size);
        }
    }

    private void check(Digest expected, Digest actual) throws ImageException {
        if (!expected.equals(actual)) {
            throw new ImageException.DigestMismatch(
                    archive + ": blob " + expected + " has digest " + actual
                            + "; the archive is damaged, save the image" + " again",
                    expected,
                    actual);
        }
    }

    private byte[] document(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(LARGEST_DOCUMENT + 1);
            if (content.length > LARGEST_DOCUMENT) {
                throw new BadImage(archive + ": a manifest has more than " + LARGEST_DOCUMENT + " bytes");
            }
            return content;
        }
    }

    private JsonNode json(byte[] content) throws IOException {
        try {
            return OciJson.mapper().readTree(content);
        } catch (JacksonException e) {
            throw new BadImage(archive + ": a document is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    @Override
    public String label() {
        return "archive " + archive;
    }
}
