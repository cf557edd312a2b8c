package dev.fairlead.image.store;

import com.fasterxml.jackson.core.JacksonException;
import dev.fairlead.oci.ImageIndex;
import dev.fairlead.oci.OciJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** index.json of the layout (image-spec, image-layout.md): which images there are. One thread changes it at a time, any may read. */
final class Index {
    private static final String MEDIA_TYPE = "application/vnd.oci.image.index.v1+json";
    private static final String LAYOUT = "{\"imageLayoutVersion\":\"1.0.0\"}";

    private final Path file;
    private volatile List<StoredName> names;

    private Index(Path file, List<StoredName> names) {
        this.file = file;
        this.names = List.copyOf(names);
    }

    /** Opens or makes the layout at {@code layout}. */
    static Index open(Path layout) throws IOException {
        Path marker = layout.resolve("oci-layout");
        if (!Files.exists(marker)) {
            Files.createDirectories(layout);
            DurableFiles.write(marker, LAYOUT.getBytes(StandardCharsets.UTF_8));
        }
        Path file = layout.resolve("index.json");
        Index index = new Index(file, List.of());
        if (Files.exists(file)) {
            index.names = read(file);
        } else {
            index.replace(List.of());
        }
        return index;
    }

    private static List<StoredName> read(Path file) throws IOException {
        try {
            List<StoredName> names = new ArrayList<>();
            for (var descriptor :
                    OciJson.mapper().readValue(file.toFile(), ImageIndex.class).manifests()) {
                names.add(StoredName.of(descriptor));
            }
            return names;
        } catch (JacksonException e) {
            throw new IOException(
                    file + " cannot be read; move it away and pull the images again: " + e.getMessage(), e);
        }
    }

    List<StoredName> names() {
        return names;
    }

    /** Changes all entries at once; on the disk when this returns. */
    void update(UnaryOperator<List<StoredName>> change) throws IOException {
        List<StoredName> changed = change.apply(new ArrayList<>(names));
        if (!changed.equals(names)) {
            replace(changed);
        }
    }

    private void replace(List<StoredName> changed) throws IOException {
        ImageIndex document = new ImageIndex(
                2,
                MEDIA_TYPE,
                null,
                changed.stream().map(StoredName::descriptor).toList(),
                null,
                Map.of(),
                Map.of());
        DurableFiles.write(file, OciJson.mapper().writeValueAsBytes(document));
        names = List.copyOf(changed);
    }

    /** Adds a name; whatever had it before keeps its digest. */
    void put(StoredName added) throws IOException {
        update(all -> {
            List<StoredName> changed = new ArrayList<>();
            for (StoredName name : all) {
                boolean same = name.name().isPresent() && name.name().equals(added.name());
                if (!same) {
                    changed.add(name);
                } else if (!name.manifest().equals(added.manifest())) {
                    changed.add(name.withoutTag());
                }
            }
            boolean nameless = added.name().isEmpty();
            Optional<StoredName> known = changed.stream()
                    .filter(name -> name.manifest().equals(added.manifest()))
                    .findFirst();
            if (!nameless || known.isEmpty()) {
                changed.removeIf(
                        name -> name.name().isEmpty() && name.manifest().equals(added.manifest()));
                changed.add(added);
            }
            return changed.stream().distinct().toList();
        });
    }
}
