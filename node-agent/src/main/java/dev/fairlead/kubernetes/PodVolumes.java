package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.kubernetes.ConfigSources.Kind;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of one pod on the host. {@link #prepare} makes them, {@link #close} unmounts what it mounted; the files go with the pod's
 * directory.
 */
final class PodVolumes implements AutoCloseable {
    /** What a container mounts. */
    sealed interface Source {
        /** A file or directory of the host; {@code readOnly} whatever the mount says. */
        record Host(Path path, boolean readOnly) implements Source {}

        /** The content of an image, which the runtime mounts. */
        record Image(ImageSpec image) implements Source {}
    }

    private static final String EMPTY_DIR = "kubernetes.io~empty-dir";
    private static final String CONFIG_MAP = "kubernetes.io~configmap";

    private final Pod pod;
    private final ConfigSources sources;
    private final Node node;
    private final PodDirectory directory;
    private final Deque<Path> mounted = new ArrayDeque<>();

    PodVolumes(Manifest manifest, Node node, PodDirectory directory) {
        this.pod = manifest.pod();
        this.sources = manifest.sources();
        this.node = node;
        this.directory = directory;
    }

    /** Makes every volume; what was made before a failure is {@link #close}d as ever. */
    void prepare() throws IOException {
        List<Volume> volumes = pod.getSpec().getVolumes();
        for (int i = 0; i < volumes.size(); i++) {
            prepare(volumes.get(i), "spec.volumes[" + i + "]");
        }
    }

    /** Names what a container mounts for a volume; it is there after {@link #prepare}. */
    Source source(String name) {
        Volume volume = pod.getSpec().getVolumes().stream()
                .filter(candidate -> candidate.getName().equals(name))
                .findFirst()
                .orElseThrow();
        if (volume.getImage() != null) {
            return new Source.Image(ImageSpec.newBuilder()
                    .setImage(volume.getImage().getReference())
                    .setUserSpecifiedImage(volume.getImage().getReference())
                    .build());
        }
        if (volume.getHostPath() != null) {
            return new Source.Host(Path.of(volume.getHostPath().getPath()), false);
        }
        boolean readOnly = !kind(volume).equals(EMPTY_DIR);
        return new Source.Host(directory.volume(kind(volume), name), readOnly);
    }

    /** Where volumes of a kind live, as the kubelet calls it; a volume without a source is an emptyDir. */
    private static String kind(Volume volume) {
        if (volume.getConfigMap() != null) {
            return CONFIG_MAP;
        }
        if (volume.getSecret() != null) {
            return "kubernetes.io~secret";
        }
        if (volume.getProjected() != null) {
            return "kubernetes.io~projected";
        }
        return volume.getDownwardAPI() != null ? "kubernetes.io~downward-api" : EMPTY_DIR;
    }

    /** Takes over a mount that a container's subPath needs: {@link #close} undoes it. */
    void onClose(Path mount) {
        mounted.push(mount);
    }

    boolean isMounted(Path mount) {
        return mounted.contains(mount);
    }

    private void prepare(Volume volume, String at) throws IOException {
        if (volume.getHostPath() != null) {
            HostPaths.prepare(volume.getHostPath(), at + ".hostPath");
        } else if (volume.getConfigMap() != null) {
            var map = volume.getConfigMap();
            String name = map.getName();
            write(
                    volume,
                    newFiles(map.getDefaultMode())
                            .add(Kind.CONFIG_MAP, name, map.getItems(), map.getOptional(), at + ".configMap"));
        } else if (volume.getSecret() != null) {
            var secret = volume.getSecret();
            String name = secret.getSecretName();
            write(
                    volume,
                    newFiles(secret.getDefaultMode())
                            .add(Kind.SECRET, name, secret.getItems(), secret.getOptional(), at + ".secret"));
        } else if (volume.getProjected() != null) {
            var projected = volume.getProjected();
            write(volume, newFiles(projected.getDefaultMode()).addProjected(projected, at + ".projected"));
        } else if (volume.getDownwardAPI() != null) {
            var downward = volume.getDownwardAPI();
            write(volume, newFiles(downward.getDefaultMode()).addDownward(downward.getItems(), at + ".downwardAPI"));
        } else if (volume.getImage() == null) {
            EmptyDirVolumeSource source =
                    volume.getEmptyDir() == null ? new EmptyDirVolumeSource() : volume.getEmptyDir();
            makeEmptyDir(volume, source, at + ".emptyDir");
        }
    }

    /** A downward API volume is written before the sandbox has an address; its items may not ask for one. */
    private VolumeFiles newFiles(@Nullable Integer defaultMode) {
        return new VolumeFiles(sources, new DownwardApi(pod, node, List.of()), defaultMode);
    }

    private void write(Volume volume, VolumeFiles files) throws IOException {
        Path path = directory.volume(kind(volume), volume.getName());
        Files.createDirectories(path);
        if (!kind(volume).equals(CONFIG_MAP)) {
            // What may be secret never reaches a disk.
            mountTmpfs(path, OptionalLong.empty());
        }
        files.write(path);
        Files.setAttribute(path, "unix:mode", 0755);
        giveToGroup(path, true);
    }

    private void makeEmptyDir(Volume volume, EmptyDirVolumeSource source, String at) throws IOException {
        Path path = directory.volume(EMPTY_DIR, volume.getName());
        Files.createDirectories(path);
        switch (source.getMedium()) {
            case null -> {}
            case "" -> {}
            case "Memory" -> mountTmpfs(path, OptionalLong.of(memorySize(source)));
            case String other ->
                throw new ManifestException(
                        at + ".medium", "\"" + other + "\": only \"\" (disk) and Memory can be had");
        }
        Files.setAttribute(path, "unix:mode", 0777);
        giveToGroup(path, false);
    }

    /** The least of the volume's limit, the pod's memory limit where every container has one, and the node's memory. */
    private long memorySize(EmptyDirVolumeSource source) {
        List<Long> sizes = new ArrayList<>(List.of(node.memoryBytes()));
        if (source.getSizeLimit() != null && Quantities.bytes(source.getSizeLimit()) > 0) {
            sizes.add(Quantities.bytes(source.getSizeLimit()));
        }
        if (Containers.all(pod).stream().allMatch(container -> Quantities.has(Resources.limits(container), "memory"))) {
            sizes.add(new Resources(node).of(pod).getMemoryLimitInBytes());
        }
        return sizes.stream().mapToLong(size -> size).min().orElseThrow();
    }

    private void mountTmpfs(Path path, OptionalLong bytes) throws IOException {
        Tmpfs.mount(path, bytes);
        mounted.push(path);
    }

    private void giveToGroup(Path path, boolean readOnly) throws IOException {
        Long group = pod.getSpec().getSecurityContext() == null
                ? null
                : pod.getSpec().getSecurityContext().getFsGroup();
        if (group != null) {
            VolumeOwnership.give(path, group, readOnly);
        }
    }

    /** Unmounts everything, the last one first; goes on after a failure and throws the first. */
    @Override
    public void close() throws IOException {
        IOException problem = null;
        while (!mounted.isEmpty()) {
            try {
                Tmpfs.unmount(mounted.pop());
            } catch (IOException e) {
                if (problem == null) {
                    problem = e;
                } else {
                    problem.addSuppressed(e);
                }
            }
        }
        if (problem != null) {
            throw problem;
        }
    }
}
