package dev.fairlead.pod;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.image.Image;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.libcontainer.rootfs.LayeredVolume;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Mounts of a container that are images (KEP-4639). */
final class ImageVolumes {
    private final ImageStore images;

    ImageVolumes(ImageStore images) {
        this.images = images;
    }

    /**
     * What is mounted, by its place among the container's mounts.
     *
     * @param source what the container's OCI configuration calls it: a file of the snapshot with the digests of its layers
     * @param volume the layers
     */
    record Made(Path source, LayeredVolume volume) {}

    /**
     * Writes down which images the volumes of a container are of, by a digest of the repository: the kubelet reads it in the container's status.
     * A sub-path of another kind of mount means nothing: the kubelet sends every volume's subPath there, and a host path that has it in it already.
     * @throws PodException.NotFound the image is not on this node
     */
    ContainerConfig identified(ContainerConfig config) throws IOException {
        ContainerConfig.Builder known = config.toBuilder();
        for (int i = 0; i < config.getMountsCount(); i++) {
            Mount mount = config.getMounts(i);
            if (isImage(mount)) {
                known.getMountsBuilder(i).getImageBuilder().setImageRef(ImageReferences.of(find(i, mount)));
            }
        }
        return known.build();
    }

    /**
     * Lets the container's snapshot hold the layers of its volumes.
     * @return by the mount's place in {@code config}
     */
    Map<Integer, Made> make(ContainerConfig config, Snapshot snapshot) throws IOException {
        Map<Integer, Made> made = new LinkedHashMap<>();
        for (int i = 0; i < config.getMountsCount(); i++) {
            Mount mount = config.getMounts(i);
            if (isImage(mount)) {
                List<Path> layers = images.snapshots().addVolume(snapshot.containerId(), i, find(i, mount));
                if (layers.size() < 2) {
                    throw new InvalidConfigException(
                            field(i) + ".image: " + mount.getImage().getImage() + " has no layers: nothing to mount");
                }
                made.put(
                        i,
                        new Made(
                                snapshot.upper().resolveSibling("volume-" + i),
                                new LayeredVolume(layers, mount.getImageSubPath())));
            }
        }
        return made;
    }

    static boolean isImage(Mount mount) {
        return !mount.getImage().getImage().isEmpty();
    }

    private Image find(int i, Mount mount) throws IOException {
        String name = mount.getImage().getImage();
        if (!mount.getHostPath().isEmpty()) {
            throw new InvalidConfigException(field(i) + ": host_path " + mount.getHostPath() + " and image " + name
                    + " both say what to mount at " + mount.getContainerPath() + "; leave one out");
        }
        return images.find(name)
                .orElseThrow(() -> new PodException.NotFound(
                        field(i) + ".image: image " + name + " is not on this node; pull it first"));
    }

    private static String field(int i) {
        return "mounts[" + i + "]";
    }
}
