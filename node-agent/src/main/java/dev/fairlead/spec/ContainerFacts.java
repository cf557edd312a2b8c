package dev.fairlead.spec;

import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.Namespace;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.User;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a container's configuration needs beside the messages of the kubelet.
 *
 * @param cgroupsPath below the cgroup mounts, absolute
 * @param user resolved in the image
 * @param home of the user, for HOME where nobody sets it
 * @param hostname of the pod
 * @param namespaces of the container: those to join have paths
 * @param shm what is seen at /dev/shm
 * @param files of the pod that appear in each of its containers, such as /etc/resolv.conf
 * @param ids of the pod's user namespace; empty: the container is in the node's
 * @param seccomp the filter that the security context stands for; empty: none
 * @param labels what security modules are told
 * @param imageVolumes sources of those mounts that are images, by their place in the configuration
 */
public record ContainerFacts(
        String cgroupsPath,
        User user,
        String home,
        String hostname,
        List<Namespace> namespaces,
        Path shm,
        List<PodFile> files,
        Optional<IdMap> ids,
        Optional<Seccomp> seccomp,
        Labels labels,
        Map<Integer, String> imageVolumes) {
    public ContainerFacts {
        imageVolumes = Map.copyOf(imageVolumes);
    }

    /**
     * What the node's security modules are told of a container.
     *
     * @param appArmor a loaded profile; empty: none is asked for
     * @param process SELinux context of its processes; empty: none is set
     * @param files SELinux context of the file systems that are made for it; empty: none is set
     */
    public record Labels(Optional<String> appArmor, Optional<String> process, Optional<String> files) {
        /** Nothing is told. */
        public static final Labels NONE = new Labels(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * A file of the pod that is bound into its containers, unless the container's own mounts have something there.
     *
     * @param source on the host
     * @param destination inside
     */
    public record PodFile(Path source, String destination) {}
}
