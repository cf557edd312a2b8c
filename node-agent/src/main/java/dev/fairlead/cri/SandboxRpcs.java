package dev.fairlead.cri;

import dev.fairlead.cri.v1.LinuxPodSandboxStatus;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.ListPodSandboxResponse;
import dev.fairlead.cri.v1.Namespace;
import dev.fairlead.cri.v1.PodIP;
import dev.fairlead.cri.v1.PodSandboxFilter;
import dev.fairlead.cri.v1.PodSandboxNetworkStatus;
import dev.fairlead.cri.v1.PodSandboxState;
import dev.fairlead.cri.v1.PodSandboxStatus;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.PodSandboxStatusResponse;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RemovePodSandboxResponse;
import dev.fairlead.cri.v1.RunPodSandboxRequest;
import dev.fairlead.cri.v1.RunPodSandboxResponse;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import dev.fairlead.cri.v1.StopPodSandboxResponse;
import dev.fairlead.cri.v1.UpdatePodSandboxResourcesRequest;
import dev.fairlead.cri.v1.UpdatePodSandboxResourcesResponse;
import dev.fairlead.pod.PodException;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.PodSandbox;
import dev.fairlead.pod.SandboxLifecycle;
import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** The pod sandbox calls of RuntimeService. */
final class SandboxRpcs {
    private final PodRegistry registry;
    private final SandboxLifecycle sandboxes;

    SandboxRpcs(PodRegistry registry, SandboxLifecycle sandboxes) {
        this.registry = registry;
        this.sandboxes = sandboxes;
    }

    RunPodSandboxResponse run(RunPodSandboxRequest request) throws IOException, InterruptedException {
        String id = sandboxes.run(request.getConfig(), request.getRuntimeHandler());
        return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
    }

    /** Idempotent (api.proto): the kubelet stops a sandbox two or three times, and once more when it is gone. */
    StopPodSandboxResponse stop(StopPodSandboxRequest request) throws IOException, InterruptedException {
        var found = registry.findSandbox(request.getPodSandboxId());
        if (found.isPresent()) {
            sandboxes.stop(found.get());
        }
        return StopPodSandboxResponse.getDefaultInstance();
    }

    /** Idempotent (api.proto): no error where the sandbox is gone. */
    RemovePodSandboxResponse remove(RemovePodSandboxRequest request) throws IOException, InterruptedException {
        var found = registry.findSandbox(request.getPodSandboxId());
        if (found.isPresent()) {
            sandboxes.remove(found.get());
        }
        return RemovePodSandboxResponse.getDefaultInstance();
    }

    PodSandboxStatusResponse status(PodSandboxStatusRequest request) throws PodException {
        PodSandbox sandbox = registry.sandbox(request.getPodSandboxId());
        PodSandboxStatusResponse.Builder response =
                PodSandboxStatusResponse.newBuilder().setStatus(status(sandbox)).setTimestamp(now());
        // A kubelet that goes by events believes a status with a time, and asks for none of the containers then.
        registry.containersOf(sandbox)
                .forEach(container -> response.addContainersStatuses(ContainerRpcs.status(container)));
        if (request.getVerbose()) {
            response.putInfo("info", VerboseInfo.of(sandbox, sandboxes.networkNamespace(sandbox)));
        }
        return response.build();
    }

    ListPodSandboxResponse list(ListPodSandboxRequest request) {
        return ListPodSandboxResponse.newBuilder()
                .addAllItems(items(request.getFilter()))
                .build();
    }

    /** The sandboxes that pass {@code filter}, newest first. */
    List<dev.fairlead.cri.v1.PodSandbox> items(PodSandboxFilter filter) {
        return registry.sandboxes().stream()
                .filter(sandbox -> Filters.matchesId(filter.getId(), sandbox.id()))
                .filter(sandbox -> !filter.hasState() || filter.getState().getState() == state(sandbox))
                .filter(sandbox -> Filters.matches(
                        filter.getLabelSelectorMap(), sandbox.config().getLabelsMap()))
                .sorted(Comparator.comparingLong(PodSandbox::createdAt).reversed())
                .map(SandboxRpcs::item)
                .toList();
    }

    private static dev.fairlead.cri.v1.PodSandbox item(PodSandbox sandbox) {
        return dev.fairlead.cri.v1.PodSandbox.newBuilder()
                .setId(sandbox.id())
                .setMetadata(sandbox.config().getMetadata())
                .setState(state(sandbox))
                .setCreatedAt(sandbox.createdAt())
                .putAllLabels(sandbox.config().getLabelsMap())
                .putAllAnnotations(sandbox.config().getAnnotationsMap())
                .setRuntimeHandler(sandbox.runtimeHandler())
                .build();
    }

    /** Takes effect where the pod's cgroup is ours; the kubelet changes its own before it tells (api.proto). */
    UpdatePodSandboxResourcesResponse update(UpdatePodSandboxResourcesRequest request)
            throws IOException, InterruptedException {
        sandboxes.update(registry.sandbox(request.getPodSandboxId()), request.getOverhead(), request.getResources());
        return UpdatePodSandboxResourcesResponse.getDefaultInstance();
    }

    /** The status of one sandbox, as several calls give it. */
    static PodSandboxStatus status(PodSandbox sandbox) {
        PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
        List<String> addresses = sandbox.state().addresses();
        if (!addresses.isEmpty()) {
            network.setIp(addresses.getFirst());
            addresses.stream()
                    .skip(1)
                    .forEach(address ->
                            network.addAdditionalIps(PodIP.newBuilder().setIp(address)));
        }
        return PodSandboxStatus.newBuilder()
                .setId(sandbox.id())
                .setMetadata(sandbox.config().getMetadata())
                .setState(state(sandbox))
                .setCreatedAt(sandbox.createdAt())
                .setNetwork(network)
                .setLinux(LinuxPodSandboxStatus.newBuilder()
                        .setNamespaces(Namespace.newBuilder().setOptions(sandbox.namespaces())))
                .putAllLabels(sandbox.config().getLabelsMap())
                .putAllAnnotations(sandbox.config().getAnnotationsMap())
                .setRuntimeHandler(sandbox.runtimeHandler())
                .build();
    }

    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    private static PodSandboxState state(PodSandbox sandbox) {
        return sandbox.isReady() ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
    }
}
