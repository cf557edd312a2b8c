package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerMetrics;
import dev.fairlead.cri.v1.ListMetricDescriptorsRequest;
import dev.fairlead.cri.v1.ListMetricDescriptorsResponse;
import dev.fairlead.cri.v1.ListPodSandboxMetricsRequest;
import dev.fairlead.cri.v1.ListPodSandboxMetricsResponse;
import dev.fairlead.cri.v1.Metric;
import dev.fairlead.cri.v1.PodSandboxMetrics;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import dev.fairlead.pod.ContainerDetails;
import dev.fairlead.pod.ContainerMeasurements;
import dev.fairlead.pod.PodContainer;
import dev.fairlead.pod.PodMeasurements;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.PodSandbox;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The calls of RuntimeService that give what the kubelet publishes as metrics. */
final class MetricsRpcs {
    private final PodRegistry registry;
    private final ContainerMeasurements containers;
    private final PodMeasurements pods;

    MetricsRpcs(PodRegistry registry, ContainerMeasurements containers, PodMeasurements pods) {
        this.registry = registry;
        this.containers = containers;
        this.pods = pods;
    }

    ListMetricDescriptorsResponse descriptors(ListMetricDescriptorsRequest request) {
        ListMetricDescriptorsResponse.Builder response = ListMetricDescriptorsResponse.newBuilder();
        MetricTable.OF_CONTAINERS.forEach(kind -> response.addDescriptors(kind.descriptor()));
        MetricTable.OF_INTERFACES.forEach(kind -> response.addDescriptors(kind.descriptor()));
        return response.build();
    }

    ListPodSandboxMetricsResponse list(ListPodSandboxMetricsRequest request) throws IOException {
        return ListPodSandboxMetricsResponse.newBuilder()
                .addAllPodMetrics(measure(sandboxes()))
                .build();
    }

    List<PodSandbox> sandboxes() {
        return List.copyOf(registry.sandboxes());
    }

    /** Of those that are ready. */
    List<PodSandboxMetrics> measure(List<PodSandbox> sandboxes) throws IOException {
        Map<PodSandbox, List<InterfaceCounters>> networks = pods.networks(sandboxes);
        List<PodSandboxMetrics> metrics = new ArrayList<>();
        for (PodSandbox sandbox : sandboxes) {
            if (sandbox.isReady()) {
                metrics.add(measure(sandbox, networks.getOrDefault(sandbox, List.of())));
            }
        }
        return metrics;
    }

    private PodSandboxMetrics measure(PodSandbox sandbox, List<InterfaceCounters> interfaces) throws IOException {
        PodSandboxMetrics.Builder metrics = PodSandboxMetrics.newBuilder().setPodSandboxId(sandbox.id());
        Metric labelled = labelled(sandbox, "", sandbox.cgroupPath(), "", sandbox.id());
        for (MetricKind<InterfaceCounters> kind : MetricTable.OF_INTERFACES) {
            for (InterfaceCounters counters : interfaces) {
                kind.of(counters, labelled).forEach(metrics::addMetrics);
            }
        }
        for (PodContainer container : registry.containersOf(sandbox)) {
            Optional<ContainerDetails> details = containers.details(container);
            if (details.isPresent()) {
                metrics.addContainerMetrics(measure(sandbox, container, details.get()));
            }
        }
        return metrics.build();
    }

    private static ContainerMetrics measure(PodSandbox sandbox, PodContainer container, ContainerDetails details) {
        ContainerMetrics.Builder metrics = ContainerMetrics.newBuilder().setContainerId(container.id());
        String asked = container.config().getImage().getUserSpecifiedImage();
        Metric labelled = labelled(
                sandbox,
                container.config().getMetadata().getName(),
                container.cgroupPath(),
                asked.isEmpty() ? container.config().getImage().getImage() : asked,
                container.id());
        MetricTable.OF_CONTAINERS.forEach(kind -> kind.of(details, labelled).forEach(metrics::addMetrics));
        return metrics.build();
    }

    private static Metric labelled(PodSandbox sandbox, String container, String cgroup, String image, String id) {
        var pod = sandbox.config().getMetadata();
        return MetricKind.labelled(List.of(container, cgroup, image, id, pod.getNamespace(), pod.getName()));
    }
}
