package dev.fairlead.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerMetadata;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.LinuxContainerConfig;
import dev.fairlead.cri.v1.LinuxPodSandboxConfig;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PodSandboxMetadata;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import dev.fairlead.cri.v1.Signal;
import dev.fairlead.cri.v1.UserNamespace;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Sysctl;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A pod as the messages that the kubelet would send. Nothing is made on the host here: paths are only named. */
public final class PodTranslation {
    /**
     * What a kubelet takes from its configuration.
     * @param pods the directory that runs keep their volumes and logs in
     * @param resolvConf the node's resolver configuration
     * @param seccompProfiles the directory of localhost profiles
     */
    public record Settings(Path pods, Path resolvConf, Path seccompProfiles) {
        public static final Settings DEFAULT = new Settings(
                Path.of("/var/lib/fairlead/pods"), Path.of("/etc/resolv.conf"), Path.of("/var/lib/kubelet/seccomp"));
    }

    private static final String POD_NAME = "io.kubernetes.pod.name";
    private static final String POD_NAMESPACE = "io.kubernetes.pod.namespace";
    private static final String POD_UID = "io.kubernetes.pod.uid";
    private static final String CONTAINER_NAME = "io.kubernetes.container.name";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Manifest manifest;
    private final Pod pod;
    private final Node node;
    private final Settings settings;
    private final PodDirectory directory;
    private final SecurityContexts security;
    private final Resources resources;
    private final UserNamespace users;

    /** Of a pod that is only looked at. */
    public PodTranslation(Manifest manifest, Node node, Settings settings) {
        this(manifest, node, settings, HostUsers.EXAMPLE);
    }

    /** {@code users}: those of the pod where it has a user namespace of its own. */
    public PodTranslation(Manifest manifest, Node node, Settings settings, UserNamespace users) {
        this.manifest = manifest;
        this.pod = manifest.pod();
        this.node = node;
        this.settings = settings;
        this.directory =
                new PodDirectory(settings.pods().resolve(pod.getMetadata().getUid()));
        this.security = new SecurityContexts(pod, node, settings.seccompProfiles(), users);
        this.users = users;
        this.resources = new Resources(node);
    }

    PodDirectory directory() {
        return directory;
    }

    PodVolumes volumes() {
        return new PodVolumes(manifest, node, directory);
    }

    /** The sandbox. It names no cgroup parent: no kubelet made one, so the runtime takes its own. */
    public PodSandboxConfig sandbox() throws IOException {
        PodSandboxConfig.Builder config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(pod.getMetadata().getName())
                        .setUid(pod.getMetadata().getUid())
                        .setNamespace(pod.getMetadata().getNamespace()))
                .setLogDirectory(directory.logs().toString())
                .setDnsConfig(DnsConfigs.of(pod, settings.resolvConf()))
                .putAllLabels(pod.getMetadata().getLabels())
                .putAllLabels(podLabels())
                .putAllAnnotations(pod.getMetadata().getAnnotations());
        if (!pod.getSpec().getHostNetwork()) {
            config.setHostname(Hostnames.ofKernel(pod));
        }
        for (Container container : pod.getSpec().getContainers()) {
            for (int i = 0; i < container.getPorts().size(); i++) {
                config.addPortMappings(
                        port(container.getPorts().get(i), Containers.field(pod, container) + ".ports[" + i + "]"));
            }
        }
        LinuxPodSandboxConfig.Builder linux = LinuxPodSandboxConfig.newBuilder()
                .setSecurityContext(security.ofSandbox())
                .setResources(resources.of(pod));
        if (pod.getSpec().getSecurityContext() != null) {
            for (Sysctl sysctl : pod.getSpec().getSecurityContext().getSysctls()) {
                linux.putSysctls(sysctl.getName(), sysctl.getValue());
            }
        }
        return config.setLinux(linux).build();
    }

    /**
     * A container.
     * @param image the id of its image, as ImageStatus says it
     * @param mounts what {@link ContainerMounts} made of its volumes
     */
    ContainerConfig container(
            Container container,
            int attempt,
            String image,
            ImageUser imageUser,
            List<String> podIps,
            List<Mount> mounts) {
        Map<String, String> variables = environment(container, podIps);
        ContainerConfig.Builder config = ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder()
                        .setName(container.getName())
                        .setAttempt(attempt))
                .setImage(ImageSpec.newBuilder().setImage(image).setUserSpecifiedImage(container.getImage()))
                .addAllCommand(Expansion.expand(container.getCommand(), variables))
                .addAllArgs(Expansion.expand(container.getArgs(), variables))
                .addAllMounts(mounts.stream().map(this::mapped).toList())
                .putAllLabels(podLabels())
                .putLabels(CONTAINER_NAME, container.getName())
                .putAllAnnotations(annotations(container, attempt))
                .setLogPath(PodDirectory.log(container.getName(), attempt))
                .setStdin(isTrue(container.getStdin()))
                .setStdinOnce(isTrue(container.getStdinOnce()))
                .setTty(isTrue(container.getTty()))
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(resources.of(pod, container))
                        .setSecurityContext(security.of(container, imageUser)));
        if (container.getWorkingDir() != null) {
            config.setWorkingDir(container.getWorkingDir());
        }
        variables.forEach((name, value) ->
                config.addEnvs(KeyValue.newBuilder().setKey(name).setValue(value)));
        if (container.getLifecycle() != null && container.getLifecycle().getStopSignal() != null) {
            config.setStopSignal(signal(container));
        }
        return config.build();
    }

    /** With a user namespace the pod's users own in its volumes what they would own without. */
    private Mount mapped(Mount mount) {
        boolean asItIs = !Boolean.FALSE.equals(pod.getSpec().getHostUsers()) || mount.hasImage();
        return asItIs
                ? mount
                : mount.toBuilder()
                        .addAllUidMappings(users.getUidsList())
                        .addAllGidMappings(users.getGidsList())
                        .build();
    }

    /**
     * All containers as they would be created first, while nothing is there yet: the pod has no address.
     * @param images what the runtime says of an image; one that is not there counts as one that runs as root
     */
    public List<ContainerConfig> containers(Function<String, Optional<Image>> images) {
        ContainerMounts mounts = new ContainerMounts(pod, directory, volumes());
        List<ContainerConfig> configs = new ArrayList<>();
        for (Container container : Containers.all(pod)) {
            Image image = images.apply(container.getImage())
                    .orElse(Image.newBuilder().setId(container.getImage()).build());
            List<Mount> made = mounts.of(container, 0, environment(container, List.of()));
            configs.add(container(container, 0, image.getId(), ImageUser.of(image), List.of(), made));
        }
        return configs;
    }

    /** The variables of a container, also for the {@code subPathExpr} of its mounts. */
    Map<String, String> environment(Container container, List<String> podIps) {
        DownwardApi downward = new DownwardApi(pod, node, podIps);
        return new Environment(manifest.sources(), downward).of(container, Containers.field(pod, container));
    }

    static MountPropagation propagation(VolumeMount mount, Container container, String at) {
        return switch (mount.getMountPropagation()) {
            case null -> MountPropagation.PROPAGATION_PRIVATE;
            case "None" -> MountPropagation.PROPAGATION_PRIVATE;
            case "HostToContainer" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
            case "Bidirectional" -> {
                if (!Containers.isPrivileged(container)) {
                    throw new ManifestException(at, "Bidirectional is for privileged containers only");
                }
                yield MountPropagation.PROPAGATION_BIDIRECTIONAL;
            }
            case String other ->
                throw new ManifestException(at, "\"" + other + "\" is none of None, HostToContainer, Bidirectional");
        };
    }

    private Map<String, String> podLabels() {
        return Map.of(
                POD_NAME, pod.getMetadata().getName(),
                POD_NAMESPACE, pod.getMetadata().getNamespace(),
                POD_UID, pod.getMetadata().getUid());
    }

    private Map<String, String> annotations(Container container, int attempt) {
        Map<String, String> annotations = new HashMap<>();
        annotations.put(
                "io.kubernetes.container.hash",
                Integer.toHexString(json(container).hashCode()));
        annotations.put("io.kubernetes.container.restartCount", Integer.toString(attempt));
        annotations.put("io.kubernetes.container.terminationMessagePath", container.getTerminationMessagePath());
        annotations.put("io.kubernetes.container.terminationMessagePolicy", container.getTerminationMessagePolicy());
        annotations.put(
                "io.kubernetes.pod.terminationGracePeriod",
                pod.getSpec().getTerminationGracePeriodSeconds().toString());
        if (container.getLifecycle() != null && container.getLifecycle().getPreStop() != null) {
            annotations.put(
                    "io.kubernetes.container.preStopHandler",
                    json(container.getLifecycle().getPreStop()));
        }
        if (!container.getPorts().isEmpty()) {
            annotations.put("io.kubernetes.container.ports", json(container.getPorts()));
        }
        return annotations;
    }

    private PortMapping port(ContainerPort port, String at) {
        if (port.getContainerPort() == null || port.getContainerPort() < 1 || port.getContainerPort() > 65_535) {
            throw new ManifestException(at + ".containerPort", "must be 1 to 65535");
        }
        PortMapping.Builder mapping = PortMapping.newBuilder()
                .setProtocol(protocol(port.getProtocol(), at))
                .setContainerPort(port.getContainerPort());
        if (port.getHostPort() != null) {
            mapping.setHostPort(port.getHostPort());
        } else if (pod.getSpec().getHostNetwork()) {
            mapping.setHostPort(port.getContainerPort());
        }
        if (port.getHostIP() != null) {
            mapping.setHostIp(port.getHostIP());
        }
        return mapping.build();
    }

    private static Protocol protocol(@Nullable String name, String at) {
        return switch (name) {
            case null -> Protocol.TCP;
            case "TCP" -> Protocol.TCP;
            case "UDP" -> Protocol.UDP;
            case "SCTP" -> Protocol.SCTP;
            case String other ->
                throw new ManifestException(at + ".protocol", "\"" + other + "\" is none of TCP, UDP, SCTP");
        };
    }

    private Signal signal(Container container) {
        String name = container.getLifecycle().getStopSignal().replace('+', 'P');
        List<String> known = new ArrayList<>();
        for (Signal signal : Signal.values()) {
            if (signal.name().replace("PLUS", "P").replace("MINUS", "-").equals(name)) {
                return signal;
            }
            known.add(signal.name());
        }
        throw new ManifestException(
                Containers.field(pod, container) + ".lifecycle.stopSignal",
                "\"" + name + "\" is none of " + String.join(", ", known.subList(1, known.size() - 2)));
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a part of a manifest that can't be written as JSON", e);
        }
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }
}
