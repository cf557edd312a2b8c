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

    /** Makes what {@link #of} names for this attempt, beyond the volumes themselves. */
    void prepare(Container container, int attempt, Map<String, String> variables) throws IOException {
        for (int i = 0; i < container.getVolumeMounts().size(); i++) {
            VolumeMount mount = container.getVolumeMounts().get(i);
            String subPath = subPath(mount, variables);
            if (!subPath.isEmpty() && volumes.source(mount.getName()) instanceof PodVolumes.Source.Host host) {
                String at = Containers.field(pod, container) + ".volumeMounts[" + i + "]";
                SubPaths.bind(host.path(), subPath, subPathTarget(container, mount, i), volumes, at);
            }
        }
        // An empty file that the container's user may write, whoever that is.
        Path message = directory.terminationMessage(container.getName(), attempt);
        Files.createDirectories(message.getParent());
        Files.write(message, new byte[0]);
        Files.setAttribute(message, "unix:mode", 0666);
    }

    /**
     * Names the mounts in the kubelet's order; makes nothing.
     * @param variables the container's, for {@code subPathExpr}
     */
    List<Mount> of(Container container, int attempt, Map<String, String> variables) {
        List<Mount> mounts = new ArrayList<>();
        boolean ownHosts = false;
        for (int i = 0; i < container.getVolumeMounts().size(); i++) {
            VolumeMount mount = container.getVolumeMounts().get(i);
            mounts.add(volume(container, mount, i, variables));
            ownHosts |= mount.getMountPath().equals(EtcHosts.PATH);
        }
        if (!ownHosts) {
            mounts.add(file(EtcHosts.PATH, directory.etcHosts()));
        }
        mounts.add(file(
                container.getTerminationMessagePath(), directory.terminationMessage(container.getName(), attempt)));
        return mounts;
    }

    private static Mount file(String target, Path source) {
        return Mount.newBuilder()
                .setContainerPath(target)
                .setHostPath(source.toString())
                .setSelinuxRelabel(true)
                .build();
    }

    private Mount volume(Container container, VolumeMount mount, int index, Map<String, String> variables) {
        String at = Containers.field(pod, container) + ".volumeMounts[" + index + "]";
        String target = mount.getMountPath().startsWith("/") ? mount.getMountPath() : "/" + mount.getMountPath();
        String subPath = subPath(mount, variables);
        Mount.Builder built = Mount.newBuilder()
                .setContainerPath(target)
                .setPropagation(PodTranslation.propagation(mount, container, at + ".mountPropagation"))
                .setRecursiveReadOnly("Enabled".equals(mount.getRecursiveReadOnly()));
        switch (volumes.source(mount.getName())) {
            case PodVolumes.Source.Image image ->
                built.setImage(image.image()).setImageSubPath(subPath).setReadonly(true);
            case PodVolumes.Source.Host host -> {
                Path source = subPath.isEmpty() ? host.path() : subPathTarget(container, mount, index);
                built.setHostPath(source.toString())
                        .setReadonly(host.readOnly() || Boolean.TRUE.equals(mount.getReadOnly()));
            }
        }
        return built.build();
    }

    private Path subPathTarget(Container container, VolumeMount mount, int index) {
        return directory.subPath(mount.getName(), container.getName(), index);
    }

    private static String subPath(VolumeMount mount, Map<String, String> variables) {
        if (mount.getSubPathExpr() != null && !mount.getSubPathExpr().isEmpty()) {
            return Expansion.expand(mount.getSubPathExpr(), variables);
        }
        return mount.getSubPath() == null ? "" : mount.getSubPath();
    }
}
