package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.Image;
import dev.fairlead.image.Reference;
import dev.fairlead.image.store.ManifestReader.Manifest;
import dev.fairlead.oci.ImageConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Puts the entries of the index together to images. What a manifest says never changes, so it is read once. */
final class ImageCatalog {
    private static final Pattern ID = Pattern.compile("(?:sha256:)?([0-9a-f]{2,64})");

    private final Blobs blobs;
    private final Map<Digest, Content> contents = new ConcurrentHashMap<>();

    ImageCatalog(Blobs blobs) {
        this.blobs = blobs;
    }

    /**
     * What an image consists of.
     *
     * @param size bytes with the manifest
     */
    record Content(Manifest manifest, ImageConfig config, List<Digest> diffIds, List<Digest> chainIds, long size) {}

    Content content(Digest manifest) throws IOException {
        Content known = contents.get(manifest);
        if (known != null) {
            return known;
        }
        byte[] document = blobs.read(manifest);
        Manifest parsed = ManifestReader.image(document, "manifest " + manifest);
        ImageConfig config = ManifestReader.config(
                blobs.read(parsed.config().digest()), parsed.layers().size(), "manifest " + manifest);
        List<Digest> diffIds = ManifestReader.diffIds(config);
        Content content =
                new Content(parsed, config, diffIds, ManifestReader.chainIds(diffIds), parsed.size() + document.length);
        contents.put(manifest, content);
        return content;
    }

    void forget(Digest manifest) {
        contents.remove(manifest);
    }

    /** All images, one an id, in the order of the index. */
    List<Image> images(List<StoredName> names) throws IOException {
        Map<Digest, List<StoredName>> byId = new LinkedHashMap<>();
        for (StoredName name : names) {
            byId.computeIfAbsent(idOf(name), id -> new ArrayList<>()).add(name);
        }
        List<Image> images = new ArrayList<>();
        for (Map.Entry<Digest, List<StoredName>> entry : byId.entrySet()) {
            images.add(image(entry.getKey(), entry.getValue()));
        }
        return images;
    }

    Digest idOf(StoredName name) throws IOException {
        return content(name.manifest()).manifest().config().digest();
    }

    private Image image(Digest id, List<StoredName> names) throws IOException {
        Set<String> tags = new LinkedHashSet<>();
        Set<String> digests = new LinkedHashSet<>();
        for (StoredName name : names) {
            if (name.name().isPresent()) {
                Reference reference = name.name().get();
                if (reference.digest().isEmpty()) {
                    tags.add(reference.toString());
                }
                name.repoDigest()
                        .or(reference::digest)
                        .ifPresent(digest -> digests.add(reference.name() + '@' + digest));
            }
        }
        Content content = content(names.getFirst().manifest());
        return new Image(
                id,
                names.getFirst().manifest(),
                List.copyOf(tags),
                List.copyOf(digests),
                content.size(),
                content.config(),
                content.chainIds(),
                content.manifest().annotations(),
                names.stream().anyMatch(StoredName::pinned));
    }

    /** The entries that {@code text} means: those of an id, or those of a name. */
    List<StoredName> matching(String text, List<StoredName> names) throws IOException {
        List<StoredName> byName = named(text, names);
        return byName.isEmpty() ? withId(text, names) : byName;
    }

    private static List<StoredName> named(String text, List<StoredName> names) {
        Optional<Reference> wanted;
        try {
            wanted = Optional.of(Reference.parse(text));
        } catch (dev.fairlead.image.ImageException.InvalidReference e) {
            return List.of(); // an id, perhaps
        }
        Reference reference = wanted.get();
        return names.stream()
                .filter(name -> name.name().isPresent() && isMeant(reference, name))
                .toList();
    }

    private static boolean isMeant(Reference wanted, StoredName name) {
        Reference reference = name.name().orElseThrow();
        if (wanted.digest().isPresent()) {
            return reference.name().equals(wanted.name())
                    && (wanted.digest().equals(name.repoDigest())
                            || wanted.digest().equals(reference.digest())
                            || wanted.digest().get().equals(name.manifest()));
        }
        return reference.toString().equals(wanted.toString());
    }

    /** By the whole id, or by a beginning that one image alone has. */
    private List<StoredName> withId(String text, List<StoredName> names) throws IOException {
        var matcher = ID.matcher(text);
        if (!matcher.matches()) {
            return List.of();
        }
        String start = matcher.group(1);
        Set<Digest> ids = new LinkedHashSet<>();
        List<StoredName> found = new ArrayList<>();
        for (StoredName name : names) {
            Digest id = idOf(name);
            if (start != null && id.hex().startsWith(start)) {
                ids.add(id);
                found.add(name);
            }
        }
        return ids.size() == 1 ? found : List.of();
    }
}
