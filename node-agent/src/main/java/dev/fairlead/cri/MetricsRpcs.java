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

    /** The same as text, for those who scrape it. */
    String text() throws IOException {
        List<PodSandbox> ready =
                sandboxes().stream().filter(PodSandbox::isReady).toList();
        List<MetricsText.Subject<InterfaceCounters>> interfaces = new ArrayList<>();
        pods.networks(ready)
                .forEach((sandbox, all) ->
                        all.forEach(counters -> interfaces.add(new MetricsText.Subject<>(labels(sandbox), counters))));
        List<MetricsText.Subject<ContainerDetails>> running = new ArrayList<>();
        for (PodSandbox sandbox : ready) {
            for (PodContainer container : registry.containersOf(sandbox)) {
                containers
                        .details(container)
                        .ifPresent(
                                details -> running.add(new MetricsText.Subject<>(labels(sandbox, container), details)));
            }
        }
        MetricsText text = new MetricsText();
        MetricTable.OF_CONTAINERS.forEach(kind -> text.add(kind, running));
        MetricTable.OF_INTERFACES.forEach(kind -> text.add(kind, interfaces));
        return text.toString();
    }

    private PodSandboxMetrics measure(PodSandbox sandbox, List<InterfaceCounters> interfaces) throws IOException {
        PodSandboxMetrics.Builder metrics = PodSandboxMetrics.newBuilder().setPodSandboxId(sandbox.id());
        Metric labelled = MetricKind.labelled(labels(sandbox));
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
        Metric labelled = MetricKind.labelled(labels(sandbox, container));
        MetricTable.OF_CONTAINERS.forEach(kind -> kind.of(details, labelled).forEach(metrics::addMetrics));
        return metrics.build();
    }

    private static List<String> labels(PodSandbox sandbox) {
        return labels(sandbox, "", sandbox.cgroupPath(), "", sandbox.id());
    }

    private static List<String> labels(PodSandbox sandbox, PodContainer container) {
        String asked = container.config().getImage().getUserSpecifiedImage();
        return labels(
                sandbox,
                container.config().getMetadata().getName(),
                container.cgroupPath(),
                asked.isEmpty() ? container.config().getImage().getImage() : asked,
                container.id());
    }

    private static List<String> labels(PodSandbox sandbox, String container, String cgroup, String image, String id) {
        var pod = sandbox.config().getMetadata();
        return List.of(container, cgroup, image, id, pod.getNamespace(), pod.getName());
    }
}
