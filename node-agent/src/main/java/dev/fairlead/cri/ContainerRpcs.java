package dev.fairlead.cri;

import com.google.protobuf.ByteString;
import dev.fairlead.cri.v1.CheckpointContainerRequest;
import dev.fairlead.cri.v1.CheckpointContainerResponse;
import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerFilter;
import dev.fairlead.cri.v1.ContainerResources;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.ContainerStatusResponse;
import dev.fairlead.cri.v1.ContainerUser;
import dev.fairlead.cri.v1.CreateContainerRequest;
import dev.fairlead.cri.v1.CreateContainerResponse;
import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.LinuxContainerUser;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListContainersResponse;
import dev.fairlead.cri.v1.RemoveContainerRequest;
import dev.fairlead.cri.v1.RemoveContainerResponse;
import dev.fairlead.cri.v1.ReopenContainerLogRequest;
import dev.fairlead.cri.v1.ReopenContainerLogResponse;
import dev.fairlead.cri.v1.Signal;
import dev.fairlead.cri.v1.StartContainerRequest;
import dev.fairlead.cri.v1.StartContainerResponse;
import dev.fairlead.cri.v1.StopContainerRequest;
import dev.fairlead.cri.v1.StopContainerResponse;
import dev.fairlead.cri.v1.UpdateContainerResourcesRequest;
import dev.fairlead.cri.v1.UpdateContainerResourcesResponse;
import dev.fairlead.pod.Checkpoints;
import dev.fairlead.pod.ContainerLifecycle;
import dev.fairlead.pod.ContainerState;
import dev.fairlead.pod.ExecOutcome;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.StopSignal;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** The container calls of RuntimeService. */
final class ContainerRpcs {
    private final PodRegistry registry;
    private final ContainerLifecycle containers;
    private final Checkpoints checkpoints;

    ContainerRpcs(PodRegistry registry, ContainerLifecycle containers, Checkpoints checkpoints) {
        this.registry = registry;
        this.containers = containers;
        this.checkpoints = checkpoints;
    }

    CreateContainerResponse create(CreateContainerRequest request) throws IOException, InterruptedException {
        String id = containers.create(registry.sandbox(request.getPodSandboxId()), request.getConfig());
        return CreateContainerResponse.newBuilder().setContainerId(id).build();
    }

    StartContainerResponse start(StartContainerRequest request) throws IOException, InterruptedException {
        containers.start(registry.container(request.getContainerId()));
        return StartContainerResponse.getDefaultInstance();
    }

    /** Idempotent (api.proto): no error where the container is stopped, or gone. */
    StopContainerResponse stop(StopContainerRequest request) throws IOException, InterruptedException {
        var found = registry.findContainer(request.getContainerId());
        if (found.isPresent()) {
            containers.stop(found.get(), Duration.ofSeconds(Math.max(0, request.getTimeout())));
        }
        return StopContainerResponse.getDefaultInstance();
    }

    /** Idempotent (api.proto): no error where the container is gone. */
    RemoveContainerResponse remove(RemoveContainerRequest request) throws IOException, InterruptedException {
        var found = registry.findContainer(request.getContainerId());
        if (found.isPresent()) {
            containers.remove(found.get());
        }
        return RemoveContainerResponse.getDefaultInstance();
    }

    UpdateContainerResourcesResponse update(UpdateContainerResourcesRequest request) throws IOException {
        if (request.hasWindows()) {
            throw new InvalidConfigException("windows: this node runs Linux; leave it out");
        }
        containers.update(registry.container(request.getContainerId()), request.getLinux());
        return UpdateContainerResourcesResponse.getDefaultInstance();
    }

    ReopenContainerLogResponse reopenLog(ReopenContainerLogRequest request) throws IOException {
        containers.reopenLog(registry.container(request.getContainerId()));
        return ReopenContainerLogResponse.getDefaultInstance();
    }

    CheckpointContainerResponse checkpoint(CheckpointContainerRequest request)
            throws IOException, InterruptedException {
        checkpoints.write(
                registry.container(request.getContainerId()),
                request.getLocation(),
                Duration.ofSeconds(Math.max(0, request.getTimeout())));
        return CheckpointContainerResponse.getDefaultInstance();
    }

    ExecSyncResponse execSync(ExecSyncRequest request) throws IOException, InterruptedException {
        if (request.getCmdCount() == 0) {
            throw new InvalidConfigException("cmd: empty; say which command to run in the container");
        }
        ExecOutcome outcome = containers.exec(
                registry.container(request.getContainerId()),
                request.getCmdList(),
                Duration.ofSeconds(Math.max(0, request.getTimeout())));
        return ExecSyncResponse.newBuilder()
                .setStdout(ByteString.copyFrom(outcome.stdout()))
                .setStderr(ByteString.copyFrom(outcome.stderr()))
                .setExitCode(outcome.exitCode())
                .build();
    }

    ListContainersResponse list(ListContainersRequest request) {
        return ListContainersResponse.newBuilder()
                .addAllContainers(items(request.getFilter()))
                .build();
    }

    /** The containers that pass {@code filter}, newest first. */
    List<Container> items(ContainerFilter filter) {
        return registry.containers().stream()
                .filter(container -> Filters.matchesId(filter.getId(), container.id()))
                .filter(container -> Filters.matchesId(filter.getPodSandboxId(), container.sandboxId()))
                .filter(container -> !filter.hasState() || filter.getState().getState() == state(container.state()))
                .filter(container -> Filters.matches(
                        filter.getLabelSelectorMap(), container.config().getLabelsMap()))
                .sorted(Comparator.comparingLong(PodContainer::createdAt).reversed())
                .map(ContainerRpcs::item)
                .toList();
    }

    private static Container item(PodContainer container) {
        return Container.newBuilder()
                .setId(container.id())
                .setPodSandboxId(container.sandboxId())
                .setMetadata(container.config().getMetadata())
                .setImage(container.config().getImage())
                .setImageRef(container.imageId())
                .setImageId(container.imageId())
                .setState(state(container.state()))
                .setCreatedAt(container.createdAt())
                .putAllLabels(container.config().getLabelsMap())
                .putAllAnnotations(container.config().getAnnotationsMap())
                .build();
    }

    ContainerStatusResponse status(ContainerStatusRequest request) throws IOException {
        PodContainer container = registry.container(request.getContainerId());
        ContainerStatusResponse.Builder response =
                ContainerStatusResponse.newBuilder().setStatus(status(container));
        if (request.getVerbose()) {
            response.putInfo("info", VerboseInfo.of(container));
        }
        return response.build();
    }

    /** The status of one container, as several calls give it. */
    static ContainerStatus status(PodContainer container) {
        var config = container.config();
        String userSpecified = config.getImage().getUserSpecifiedImage();
        ContainerStatus.Builder status = ContainerStatus.newBuilder()
                .setId(container.id())
                .setMetadata(config.getMetadata())
                .setState(state(container.state()))
                .setCreatedAt(container.createdAt())
                .setStartedAt(container.state().startedAt())
                .setImage(ImageSpec.newBuilder()
                        .setImage(userSpecified.isEmpty() ? config.getImage().getImage() : userSpecified)
                        .setUserSpecifiedImage(userSpecified)
                        .setRuntimeHandler(config.getImage().getRuntimeHandler())
                        .putAllAnnotations(config.getImage().getAnnotationsMap()))
                .setImageRef(container.imageRef())
                .setImageId(container.imageId())
                .putAllLabels(config.getLabelsMap())
                .putAllAnnotations(config.getAnnotationsMap())
                .addAllMounts(config.getMountsList())
                .setLogPath(container.logPath().map(Object::toString).orElse(""))
                .setResources(ContainerResources.newBuilder().setLinux(container.resources()))
                .setUser(ContainerUser.newBuilder()
                        .setLinux(LinuxContainerUser.newBuilder()
                                .setUid(container.user().uid())
                                .setGid(container.user().gid())
                                .addAllSupplementalGroups(container.user().additionalGids())))
                .setStopSignal(Objects.requireNonNullElse(
                        Signal.forNumber(StopSignal.criNumber(container.stopSignal())), Signal.RUNTIME_DEFAULT));
        if (container.state() instanceof ContainerState.Exited exited) {
            status.setFinishedAt(exited.finishedAt())
                    .setExitCode(exited.exitCode())
                    .setReason(exited.reason())
                    .setMessage(exited.message());
        }
        return status.build();
    }

    private static dev.fairlead.cri.v1.ContainerState state(ContainerState state) {
        return switch (state) {
            case ContainerState.Created _ -> dev.fairlead.cri.v1.ContainerState.CONTAINER_CREATED;
            case ContainerState.Running _ -> dev.fairlead.cri.v1.ContainerState.CONTAINER_RUNNING;
            case ContainerState.Exited _ -> dev.fairlead.cri.v1.ContainerState.CONTAINER_EXITED;
        };
    }
}
