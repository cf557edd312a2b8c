package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatsFilter;
import dev.fairlead.cri.v1.ContainerStatsRequest;
import dev.fairlead.cri.v1.ContainerStatsResponse;
import dev.fairlead.cri.v1.ListContainerStatsRequest;
import dev.fairlead.cri.v1.ListContainerStatsResponse;
import dev.fairlead.cri.v1.ListPodSandboxStatsRequest;
import dev.fairlead.cri.v1.ListPodSandboxStatsResponse;
import dev.fairlead.cri.v1.PodSandboxStats;
import dev.fairlead.cri.v1.PodSandboxStatsFilter;
import dev.fairlead.cri.v1.PodSandboxStatsRequest;
import dev.fairlead.cri.v1.PodSandboxStatsResponse;
import dev.fairlead.pod.ContainerMeasurement;
import dev.fairlead.pod.ContainerMeasurements;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodException;
import dev.fairlead.pod.PodMeasurement;
import dev.fairlead.pod.PodMeasurements;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.PodSandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The calls of RuntimeService that tell what containers and pods use. */
final class StatsRpcs {
    private final PodRegistry registry;
    private final ContainerMeasurements containers;
    private final PodMeasurements pods;

    StatsRpcs(PodRegistry registry, ContainerMeasurements containers, PodMeasurements pods) {
        this.registry = registry;
        this.containers = containers;
        this.pods = pods;
    }

    ContainerStatsResponse one(ContainerStatsRequest request) throws IOException {
        PodContainer container = registry.container(request.getContainerId());
        ContainerMeasurement measured = containers
                .of(container)
                .orElseThrow(() -> new PodException.WrongState(
                        "container " + container.id() + " does not run: there is nothing to measure"));
        return ContainerStatsResponse.newBuilder()
                .setStats(StatsMessages.of(measured))
                .build();
    }

    ListContainerStatsResponse list(ListContainerStatsRequest request) throws IOException {
        return ListContainerStatsResponse.newBuilder()
                .addAllStats(measure(matching(request.getFilter())))
                .build();
    }

    /** The containers that pass {@code filter}; whether they run, their measurement tells. */
    List<PodContainer> matching(ContainerStatsFilter filter) {
        return registry.containers().stream()
                .filter(container -> Filters.matchesId(filter.getId(), container.id()))
                .filter(container -> Filters.matchesId(filter.getPodSandboxId(), container.sandboxId()))
                .filter(container -> Filters.matches(
                        filter.getLabelSelectorMap(), container.config().getLabelsMap()))
                .toList();
    }

    /** Containers that do not run, or end while they are measured, are left out. */
    List<ContainerStats> measure(List<PodContainer> some) throws IOException {
        List<ContainerStats> stats = new ArrayList<>();
        for (PodContainer container : some) {
            containers.of(container).map(StatsMessages::of).ifPresent(stats::add);
        }
        return stats;
    }

    PodSandboxStatsResponse pod(PodSandboxStatsRequest request) throws IOException {
        PodSandbox sandbox = registry.sandbox(request.getPodSandboxId());
        PodMeasurement measured = pods.of(List.of(sandbox)).stream()
                .findFirst()
                .orElseThrow(() -> new PodException.WrongState("pod sandbox " + sandbox.id() + " ("
                        + sandbox.displayName() + ") is not ready: there is nothing to measure"));
        return PodSandboxStatsResponse.newBuilder()
                .setStats(StatsMessages.of(measured))
                .build();
    }

    ListPodSandboxStatsResponse pods(ListPodSandboxStatsRequest request) throws IOException {
        return ListPodSandboxStatsResponse.newBuilder()
                .addAllStats(measurePods(matching(request.getFilter())))
                .build();
    }

    /** The sandboxes that pass {@code filter}; whether they are ready, their measurement tells. */
    List<PodSandbox> matching(PodSandboxStatsFilter filter) {
        return registry.sandboxes().stream()
                .filter(sandbox -> Filters.matchesId(filter.getId(), sandbox.id()))
                .filter(sandbox -> Filters.matches(
                        filter.getLabelSelectorMap(), sandbox.config().getLabelsMap()))
                .toList();
    }

    /** Sandboxes that are not ready, or are stopped while they are measured, are left out. */
    List<PodSandboxStats> measurePods(List<PodSandbox> some) throws IOException {
        return pods.of(some).stream().map(StatsMessages::of).toList();
    }
}
