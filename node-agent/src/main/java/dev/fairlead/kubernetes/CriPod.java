package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerFilter;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.CreateContainerRequest;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.PodIP;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PodSandboxNetworkStatus;
import dev.fairlead.cri.v1.PodSandboxState;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.RemoveContainerRequest;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RunPodSandboxRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.cri.v1.StartContainerRequest;
import dev.fairlead.cri.v1.StartContainerResponse;
import dev.fairlead.cri.v1.StopContainerRequest;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The sandbox of one pod at a CRI server, and the calls about it. A server that is being started again is waited for. */
final class CriPod {
    /** As the kubelet waits: RunPodSandbox may take its time, a stop the grace period on top. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final int ATTEMPTS = 3;

    private final RuntimeServiceBlockingStub runtime;
    private final PodSandboxConfig config;
    private final String id;

    private CriPod(RuntimeServiceBlockingStub runtime, PodSandboxConfig config, String id) {
        this.runtime = runtime;
        this.config = config;
        this.id = id;
    }

    static CriPod run(RuntimeServiceBlockingStub runtime, PodSandboxConfig config, String runtimeHandler) {
        RunPodSandboxRequest request = RunPodSandboxRequest.newBuilder()
                .setConfig(config)
                .setRuntimeHandler(runtimeHandler)
                .build();
        String id = orFound(
                () -> patient(runtime, Duration.ZERO).runPodSandbox(request).getPodSandboxId(),
                () -> find(runtime, config));
        return new CriPod(runtime, config, id);
    }

    private static Optional<String> find(RuntimeServiceBlockingStub runtime, PodSandboxConfig config) {
        return patient(runtime, Duration.ZERO)
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList()
                .stream()
                .filter(sandbox -> sandbox.getMetadata().equals(config.getMetadata()))
                .filter(sandbox -> sandbox.getState() == PodSandboxState.SANDBOX_READY)
                .map(PodSandbox::getId)
                .findFirst();
    }

    List<String> ips() {
        PodSandboxNetworkStatus network = again(() -> patient(runtime, Duration.ZERO)
                .podSandboxStatus(
                        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
                .getStatus()
                .getNetwork());
        List<String> ips = new ArrayList<>();
        if (!network.getIp().isEmpty()) {
            ips.add(network.getIp());
        }
        network.getAdditionalIpsList().stream().map(PodIP::getIp).forEach(ips::add);
        return ips;
    }

    String create(ContainerConfig container) {
        CreateContainerRequest request = CreateContainerRequest.newBuilder()
                .setPodSandboxId(id)
                .setConfig(container)
                .setSandboxConfig(config)
                .build();
        return orFound(
                () -> patient(runtime, Duration.ZERO).createContainer(request).getContainerId(),
                () -> list(patient(runtime, Duration.ZERO)).stream()
                        .filter(found -> found.getMetadata().equals(container.getMetadata()))
                        .map(Container::getId)
                        .findFirst());
    }

    void start(String container) {
        StartContainerRequest request =
                StartContainerRequest.newBuilder().setContainerId(container).build();
        var _ = orFound(
                () -> patient(runtime, Duration.ZERO).startContainer(request),
                () -> status(container).getState() == ContainerState.CONTAINER_CREATED
                        ? Optional.empty()
                        : Optional.of(StartContainerResponse.getDefaultInstance()));
    }

    /** Blocks until the container is gone; at most {@code grace} and what a kill takes. */
    void stop(String container, Duration grace) {
        var _ = again(() -> patient(runtime, grace)
                .stopContainer(StopContainerRequest.newBuilder()
                        .setContainerId(container)
                        .setTimeout(grace.toSeconds())
                        .build()));
    }

    void remove(String container) {
        var _ = again(() -> patient(runtime, Duration.ZERO)
                .removeContainer(RemoveContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build()));
    }

    /** Stops and removes the sandbox with all its containers. */
    void remove() {
        var _ = again(() -> patient(runtime, Duration.ZERO)
                .stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build()));
        var _ = again(() -> patient(runtime, Duration.ZERO)
                .removePodSandbox(
                        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build()));
    }

    /** The containers as they are now; empty while the server does not answer. */
    Optional<List<Container>> containers() {
        try {
            return Optional.of(list(runtime.withDeadlineAfter(10, TimeUnit.SECONDS)));
        } catch (StatusRuntimeException e) {
            return switch (e.getStatus().getCode()) {
                case UNAVAILABLE, DEADLINE_EXCEEDED -> Optional.empty();
                default -> throw e;
            };
        }
    }

    private List<Container> list(RuntimeServiceBlockingStub server) {
        return server.listContainers(ListContainersRequest.newBuilder()
                        .setFilter(ContainerFilter.newBuilder().setPodSandboxId(id))
                        .build())
                .getContainersList();
    }

    ContainerStatus status(String container) {
        return again(() -> patient(runtime, Duration.ZERO)
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(container)
                        .build())
                .getStatus());
    }

    private static RuntimeServiceBlockingStub patient(RuntimeServiceBlockingStub runtime, Duration more) {
        return runtime.withWaitForReady().withDeadlineAfter(PATIENCE.plus(more).toSeconds(), TimeUnit.SECONDS);
    }

    /** For calls that are idempotent: the server may be killed in the middle of one. */
    private static <T> T again(Supplier<T> call) {
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /**
     * For calls that are not idempotent: where the server went away in the middle of one, it is asked whether the call was done, and only
     * otherwise made once more.
     */
    private static <T> T orFound(Supplier<T> call, Supplier<Optional<T>> found) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.UNAVAILABLE) {
                throw e;
            }
            return again(found).orElseGet(call);
        }
    }
}
