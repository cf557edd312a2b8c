package dev.fairlead.pod;

import dev.fairlead.cdi.CdiDevices;
import dev.fairlead.cdi.CdiEdits;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.image.Image;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.image.store.Snapshot;
import dev.fairlead.libcontainer.capabilities.Capability;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.users.ContainerUser;
import dev.fairlead.oci.ImageDefaults;
import dev.fairlead.oci.Namespace;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import dev.fairlead.spec.ContainerFacts;
import dev.fairlead.spec.ContainerFacts.Labels;
import dev.fairlead.spec.ContainerSpecs;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Finds out what a container needs to know of its image, its pod and the node, and makes its configuration. */
public final class ContainerPlans {
    static final ImageDefaults NO_DEFAULTS = new ImageDefaults(
            null, Map.of(), List.of(), List.of(), List.of(), Map.of(), null, Map.of(), null, Map.of());
    static final Path NODE_SHM = Path.of("/dev/shm");

    private final PodRegistry registry;
    private final ImageStore images;
    private final SeccompProfiles seccomp;
    private final SecurityLabels labels;
    private final ImageVolumes volumes;
    private final CdiDevices cdi;
    private final ImageUsers users;
    private final ContainerSpecs specs;

    /** Plans containers; {@code known}: what "all capabilities" means on this node. */
    public ContainerPlans(PodRegistry registry, ImageStore images, SeccompProfiles seccomp, Set<Capability> known) {
        this.registry = registry;
        this.images = images;
        this.seccomp = seccomp;
        this.labels = SecurityLabels.ofThisNode();
        this.volumes = new ImageVolumes(images);
        this.cdi = CdiDevices.ofThisNode();
        this.users = new ImageUsers();
        this.specs = new ContainerSpecs(known);
    }

    /** The configuration, with what only we know of it. */
    ContainerConfig identified(ContainerConfig config) throws IOException {
        return volumes.identified(config);
    }

    /** Makes the container's snapshot, and all that {@link ContainerPlan} has. */
    ContainerPlan make(PodSandbox sandbox, ContainerConfig config, Image image, String id) throws IOException {
        LinuxContainerSecurityContext security = config.getLinux().getSecurityContext();
        ContainerRequests.validate(sandbox.config(), config);
        ImageDefaults defaults =
                image.config().config() == null ? NO_DEFAULTS : image.config().config();
        int stopSignal = StopSignal.choose(config.getStopSignal(), defaults.stopSignal());
        Labels labels = this.labels.of(security);
        MountSources.ensure(config.getMountsList());
        Relabel.volumes(config.getMountsList(), labels.files());
        Snapshot snapshot = images.snapshots().create(id, image);
        if (sandbox.ids().isPresent()) {
            MappedOwner.give(snapshot.upper(), sandbox.ids().get());
        }
        Map<Integer, ImageVolumes.Made> mounted = volumes.make(config, snapshot);
        ContainerUser found = users.resolve(snapshot.lower(), image, security);
        User user = new User(found.uid(), found.gid(), null, found.additionalGids(), null, Map.of());
        ContainerFacts facts = new ContainerFacts(
                sandbox.cgroupParent().path() + '/' + id,
                user,
                found.home(),
                SandboxRequests.hostname(sandbox.config()),
                namespaces(sandbox, security),
                sandbox.namespaces().getIpc() == NamespaceMode.NODE ? NODE_SHM : sandbox.file(PodFileName.SHM),
                PodFiles.of(sandbox),
                sandbox.ids(),
                seccomp.of(security, specs.capabilities(security)),
                labels,
                mounted.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey,
                                made -> made.getValue().source().toString())));
        Spec spec =
                CdiEdits.apply(cdi.edits(ContainerRequests.cdiDevices(config)), specs.create(config, defaults, facts));
        return new ContainerPlan(
                spec,
                new RootSource.Overlay(snapshot.lower(), snapshot.upper(), snapshot.work()),
                mounted.values().stream()
                        .collect(Collectors.toMap(made -> made.source().toString(), ImageVolumes.Made::volume)),
                Objects.requireNonNull(Objects.requireNonNull(spec.process()).user()),
                stopSignal);
    }

    private List<Namespace> namespaces(PodSandbox sandbox, LinuxContainerSecurityContext security) throws IOException {
        NamespaceOption options = security.getNamespaceOptions();
        PodUsers.requireSame(sandbox.namespaces(), options);
        Optional<Integer> target = Optional.empty();
        if (options.getPid() == NamespaceMode.TARGET) {
            PodContainer other = registry.container(options.getTargetId());
            if (!(other.state() instanceof ContainerState.Running)) {
                throw new PodException.WrongState("linux.security_context.namespace_options.target_id: container "
                        + other.id() + " does not run, so it has no processes to look at");
            }
            if (!other.sandboxId().equals(sandbox.id())) {
                throw new InvalidConfigException("linux.security_context.namespace_options.target_id: container "
                        + other.id() + " belongs to another pod");
            }
            target = Optional.of(other.initPid());
        }
        return SandboxKernel.namespacesOf(sandbox, options.getPid(), target, security.getPrivileged());
    }
}
