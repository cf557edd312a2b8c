package dev.fairlead.spec;

import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.Namespace;
import dev.fairlead.oci.Seccomp;
import dev.fairlead.oci.User;
import java.nio.file.Path;
import java.util.List;
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
        Optional<Seccomp> seccomp) {

    /**
     * A file of the pod that is bound into its containers, unless the container's own mounts have something there.
     *
     * @param source on the host
     * @param destination inside
     */
    public record PodFile(Path source, String destination) {}
}
