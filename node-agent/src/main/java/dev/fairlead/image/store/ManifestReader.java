package dev.fairlead.image.store;

import com.fasterxml.jackson.core.JacksonException;
import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.oci.Descriptor;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.ImageIndex;
import dev.fairlead.oci.ImageManifest;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads manifests, indexes and configurations that a stranger wrote. */
final class ManifestReader {
    private ManifestReader() {}

    /** What a manifest document is. */
    enum Kind {
        INDEX,
        IMAGE
    }

    static Kind kind(String mediaType, byte[] content, String label) throws IOException {
        switch (mediaType) {
            case "application/vnd.oci.image.index.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json" -> {
                return Kind.INDEX;
            }
            case "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.v2+json" -> {
                return Kind.IMAGE;
            }
            default -> {}
        }
        if (mediaType.startsWith("application/vnd.docker.distribution.manifest.v1")) {
            throw new BadImage(
                    label + ": the image has Docker's schema 1, which nothing makes since 2017; push it again"
                            + " with a current tool");
        }
        var document = parse(content, com.fasterxml.jackson.databind.JsonNode.class, label);
        if (document.has("manifests")) {
            return Kind.INDEX;
        }
        if (document.has("layers") && document.has("config")) {
            return Kind.IMAGE;
        }
        throw new BadImage(label + ": \"" + mediaType + "\" is neither an image nor a list of images");
    }

    static ImageIndex index(byte[] content, String label) throws IOException {
        return parse(content, ImageIndex.class, label);
    }

    /** A manifest of a container image; artifacts of other kinds are refused. */
    static Manifest image(byte[] content, String label) throws IOException {
        ImageManifest manifest = parse(content, ImageManifest.class, label);
        Descriptor config = manifest.config();
        if (config == null) {
            throw new BadImage(label + ": the manifest names no configuration");
        }
        String type = config.mediaType() == null ? "" : config.mediaType();
        if (!type.startsWith("application/vnd.oci.image.config.v1")
                && !type.startsWith("application/vnd.docker.container.image.v1")
                && !type.equals("application/octet-stream")) {
            throw new BadImage(label + ": is an artifact of type \"" + type + "\", not a container image");
        }
        List<Blob> layers = new ArrayList<>();
        for (Descriptor layer : manifest.layers()) {
            if (layer.mediaType() != null && layer.mediaType().endsWith("+encrypted")) {
                throw new BadImage(label + ": layer " + layer.digest() + " is encrypted, which is not supported");
            }
            layers.add(Blob.of(layer));
        }
        return new Manifest(Blob.of(config), layers, manifest.annotations());
    }

    static ImageConfig config(byte[] content, int layers, String label) throws IOException {
        ImageConfig config = parse(content, ImageConfig.class, label);
        int diffs = config.rootfs() == null ? 0 : config.rootfs().diffIds().size();
        if (diffs != layers) {
            throw new BadImage(
                    label + ": the manifest has " + layers + " layers, the configuration speaks of " + diffs);
        }
        return config;
    }

    /** The digests of the plain layers. */
    static List<Digest> diffIds(ImageConfig config) throws IOException {
        List<Digest> diffIds = new ArrayList<>();
        if (config.rootfs() != null) {
            for (String text : config.rootfs().diffIds()) {
                diffIds.add(Digest.parse(text));
            }
        }
        return diffIds;
    }

    /** The names of the layers with all that lies below them (image-spec, config.md, Layer ChainID). */
    static List<Digest> chainIds(List<Digest> diffIds) {
        List<Digest> chain = new ArrayList<>();
        for (Digest diffId : diffIds) {
            chain.add(
                    chain.isEmpty()
                            ? diffId
                            : Digest.sha256((chain.getLast() + " " + diffId).getBytes(StandardCharsets.UTF_8)));
        }
        return chain;
    }

    private static <T> T parse(byte[] content, Class<T> type, String label) throws IOException {
        try {
            T value = OciJson.mapper().readValue(content, type);
            if (value != null) {
                return value;
            }
        } catch (JacksonException e) {
            throw new BadImage(label + ": is no " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
        }
        throw new BadImage(label + ": is no " + type.getSimpleName() + " but null");
    }

    /**
     * A blob of an image.
     *
     * @param size bytes
     */
    record Blob(Digest digest, long size) {
        static Blob of(Descriptor descriptor) throws IOException {
            if (descriptor.size() < 0) {
                throw new BadImage("blob " + descriptor.digest() + " has a size of " + descriptor.size() + " bytes");
            }
            return new Blob(Digest.parse(descriptor.digest()), descriptor.size());
        }
    }

    /**
     * What an image is made of.
     *
     * @param layers lowest first
     */
    record Manifest(Blob config, List<Blob> layers, Map<String, String> annotations) {
        Manifest {
            layers = List.copyOf(layers);
            annotations = Map.copyOf(annotations);
        }

        /** All digests but its own. */
        List<Digest> digests() {
            List<Digest> digests = new ArrayList<>();
            digests.add(config.digest());
            layers.forEach(layer -> digests.add(layer.digest()));
            return digests;
        }

        long size() {
            return config.size() + layers.stream().mapToLong(Blob::size).sum();
        }
    }
}
