package dev.fairlead.kubernetes;

import com.google.protobuf.ByteString;
import dev.fairlead.kubernetes.ConfigSources.Kind;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.ProjectedVolumeSource;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files of a configMap, secret, downwardAPI or projected volume, by their path in it. */
final class VolumeFiles {
    private static final int DEFAULT_MODE = 0644;

    private record Content(ByteString bytes, int mode) {}

    private final ConfigSources sources;
    private final DownwardApi downward;
    private final int defaultMode;
    private final Map<String, Content> files = new TreeMap<>();

    VolumeFiles(ConfigSources sources, DownwardApi downward, @Nullable Integer defaultMode) {
        this.sources = sources;
        this.downward = downward;
        this.defaultMode = defaultMode == null ? DEFAULT_MODE : defaultMode;
    }

    /** Adds all keys of an object as files, or those of {@code items} under the names they give. */
    VolumeFiles add(Kind kind, String name, List<KeyToPath> items, @Nullable Boolean optional, String at) {
        boolean mayMiss = Boolean.TRUE.equals(optional);
        Optional<Map<String, byte[]>> values = sources.resolve(kind, name, mayMiss, at);
        if (values.isEmpty()) {
            return this;
        }
        if (items.isEmpty()) {
            values.get().forEach((key, bytes) -> put(key, bytes, null, at));
        }
        for (int i = 0; i < items.size(); i++) {
            KeyToPath item = items.get(i);
            String itemAt = at + ".items[" + i + "]";
            byte[] bytes = values.get().get(item.getKey());
            if (bytes != null) {
                put(item.getPath(), bytes, item.getMode(), itemAt);
            } else if (!mayMiss) {
                throw new ManifestException(
                        itemAt + ".key", kind.word() + " \"" + name + "\" has no key \"" + item.getKey() + "\"");
            }
        }
        return this;
    }

    VolumeFiles addDownward(List<DownwardAPIVolumeFile> items, String at) {
        for (int i = 0; i < items.size(); i++) {
            DownwardAPIVolumeFile item = items.get(i);
            String itemAt = at + ".items[" + i + "]";
            String text = item.getFieldRef() != null
                    ? downward.field(item.getFieldRef().getFieldPath(), itemAt + ".fieldRef")
                    : downward.resource(item.getResourceFieldRef(), new Container(), itemAt + ".resourceFieldRef");
            put(item.getPath(), text.getBytes(StandardCharsets.UTF_8), item.getMode(), itemAt);
        }
        return this;
    }

    VolumeFiles addProjected(ProjectedVolumeSource projected, String at) {
        List<VolumeProjection> projections = projected.getSources();
        for (int i = 0; i < projections.size(); i++) {
            VolumeProjection source = projections.get(i);
            String sourceAt = at + ".sources[" + i + "]";
            if (source.getConfigMap() != null) {
                var map = source.getConfigMap();
                add(Kind.CONFIG_MAP, map.getName(), map.getItems(), map.getOptional(), sourceAt + ".configMap");
            } else if (source.getSecret() != null) {
                var secret = source.getSecret();
                add(Kind.SECRET, secret.getName(), secret.getItems(), secret.getOptional(), sourceAt + ".secret");
            } else if (source.getDownwardAPI() != null) {
                addDownward(source.getDownwardAPI().getItems(), sourceAt + ".downwardAPI");
            } else {
                throw new ManifestException(
                        sourceAt,
                        "is none of configMap, secret, downwardAPI: tokens and certificates need an API server");
            }
        }
        return this;
    }

    /** Writes them below {@code directory}, with modes as the manifest gives them. */
    void write(Path directory) throws IOException {
        for (Map.Entry<String, Content> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue().bytes().toByteArray());
            Files.setAttribute(path, "unix:mode", file.getValue().mode());
        }
    }

    private void put(String path, byte[] bytes, @Nullable Integer mode, String at) {
        Path relative = Path.of(path);
        if (path.isEmpty()
                || relative.isAbsolute()
                || !relative.normalize().equals(relative)
                || path.startsWith("..")) {
            throw new ManifestException(at + ".path", "\"" + path + "\" must be a relative path without \"..\"");
        }
        files.put(path, new Content(ByteString.copyFrom(bytes), mode == null ? defaultMode : mode));
    }
}
