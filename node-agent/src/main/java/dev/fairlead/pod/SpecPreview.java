package dev.fairlead.pod;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.libcontainer.capabilities.HostCapabilities;
import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import dev.fairlead.spec.ContainerFacts;
import dev.fairlead.spec.ContainerSpecs;
import dev.fairlead.state.StateRoot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The OCI configuration that a container would get, without making anything. */
public final class SpecPreview {
    private static final String POD = "POD-ID";
    private static final String CONTAINER = "CONTAINER-ID";

    private SpecPreview() {}

    /**
     * Shows one container's configuration. Ids that nobody has given yet are {@value #POD} and {@value #CONTAINER}; names of users, which only the
     * image can resolve, are left to root.
     *
     * @param image what is known of the image; empty: it was not looked at
     * @param stateRoot and {@code seccompProfiles} of the daemon
     */
    public static Spec of(
            PodSandboxConfig pod,
            ContainerConfig config,
            Optional<ImageConfig> image,
            Path stateRoot,
            Path seccompProfiles)
            throws IOException {
        LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
        ContainerSpecs specs = new ContainerSpecs(HostCapabilities.read().known());
        PodSandbox sandbox = new PodSandbox(
                StateRoot.at(stateRoot).sandbox(POD),
                pod,
                "",
                0,
                SandboxRequests.cgroupParent(pod, POD),
                new SandboxState.NotReady());
        ContainerFacts facts = new ContainerFacts(
                sandbox.cgroupParent().path() + '/' + CONTAINER,
                user(security),
                "/",
                SandboxRequests.hostname(pod),
                SandboxKernel.namespacesOf(
                        sandbox, security.getNamespaceOptions().getPid(), Optional.empty(), security.getPrivileged()),
                sandbox.namespaces().getIpc() == NamespaceMode.NODE
                        ? ContainerPlans.NODE_SHM
                        : sandbox.file(PodFileName.SHM),
                PodFiles.of(sandbox),
                sandbox.ids(),
                new SeccompProfiles(seccompProfiles).of(security, specs.capabilities(security)),
                SecurityLabels.ofThisNode().of(security),
                volumes(config));
        return specs.create(config, image.map(ImageConfig::config).orElse(ContainerPlans.NO_DEFAULTS), facts);
    }

    private static Map<Integer, String> volumes(ContainerConfig config) {
        return IntStream.range(0, config.getMountsCount())
                .filter(i -> ImageVolumes.isImage(config.getMounts(i)))
                .boxed()
                .collect(Collectors.toMap(i -> i, i -> "/IMAGE-VOLUME-" + i));
    }

    private static User user(LinuxContainerSecurityContext security) {
        return new User(
                security.getRunAsUser().getValue(),
                security.getRunAsGroup().getValue(),
                null,
                security.getSupplementalGroupsList(),
                null,
                Map.of());
    }
}
