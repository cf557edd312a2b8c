package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Mount;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The mounts of a container: its volumes, /etc/hosts, and the file for its last words. */
final class ContainerMounts {
    private final Pod pod;
    private final PodDirectory directory;
    private final PodVolumes volumes;

    ContainerMounts(Pod pod, PodDirectory directory, PodVolumes volumes) {
        this.pod = pod;
        this.directory = directory;
        this.volumes = volumes;
    }

    /**
     * Makes what has to be made for this attempt and names the mounts in the kubelet's order.
     * @param variables the container's, for {@code subPathExpr}
     */
    List<Mount> of(Container container, int attempt, Map<String, String> variables) throws IOException {
        List<Mount> mounts = new ArrayList<>();
        boolean ownHosts = false;
        for (int i = 0; i < container.getVolumeMounts().size(); i++) {
            VolumeMount mount = container.getVolumeMounts().get(i);
            String at = Containers.field(pod, container) + ".volumeMounts[" + i + "]";
            mounts.add(volume(container, mount, i, variables, at));
            ownHosts |= mount.getMountPath().equals(EtcHosts.PATH);
        }
        if (!ownHosts) {
            mounts.add(Mount.newBuilder()
                    .setContainerPath(EtcHosts.PATH)
                    .setHostPath(directory.etcHosts().toString())
                    .setSelinuxRelabel(true)
                    .build());
        }
        mounts.add(Mount.newBuilder()
                .setContainerPath(container.getTerminationMessagePath())
                .setHostPath(terminationMessage(container, attempt).toString())
                .setSelinuxRelabel(true)
                .build());
        return mounts;
    }

    private Mount volume(Container container, VolumeMount mount, int index, Map<String, String> variables, String at)
            throws IOException {
        String target = mount.getMountPath().startsWith("/") ? mount.getMountPath() : "/" + mount.getMountPath();
        boolean readOnly = Boolean.TRUE.equals(mount.getReadOnly());
        Mount.Builder built = Mount.newBuilder()
                .setContainerPath(target)
                .setPropagation(PodTranslation.propagation(mount, container, at + ".mountPropagation"));
        String subPath = subPath(mount, variables);
        switch (volumes.source(mount.getName())) {
            case PodVolumes.Source.Image image ->
                built.setImage(image.image()).setImageSubPath(subPath).setReadonly(true);
            case PodVolumes.Source.Host host -> {
                Path source = subPath.isEmpty()
                        ? host.path()
                        : SubPaths.bind(
                                host.path(),
                                subPath,
                                directory.subPath(mount.getName(), container.getName(), index),
                                volumes,
                                at);
                built.setHostPath(source.toString()).setReadonly(readOnly || host.readOnly());
            }
        }
        return built.setRecursiveReadOnly("Enabled".equals(mount.getRecursiveReadOnly()))
                .build();
    }

    private static String subPath(VolumeMount mount, Map<String, String> variables) {
        if (mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()) {
            return Expansion.expand(mount.getSubPathExpr(), variables);
        }
        return mount.getSubPath() == null ? "" : mount.getSubPath();
    }

    /** An empty file that the container's user may write, whoever that is. */
    private Path terminationMessage(Container container, int attempt) throws IOException {
        Path file = directory.terminationMessage(container.getName(), attempt);
        Files.createDirectories(file.getParent());
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        Files.setAttribute(file, "unix:mode", 0666);
        return file;
    }
}
