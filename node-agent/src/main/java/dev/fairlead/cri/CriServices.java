package dev.fairlead.cri;

import dev.fairlead.image.store.ImageStore;
import dev.fairlead.pod.Checkpoints;
import dev.fairlead.pod.ContainerLifecycle;
import dev.fairlead.pod.ContainerMeasurements;
import dev.fairlead.pod.LifecycleEvents;
import dev.fairlead.pod.PodMeasurements;
import dev.fairlead.pod.PodRegistry;
import dev.fairlead.pod.SandboxKernel;
import dev.fairlead.pod.SandboxLifecycle;
import dev.fairlead.pod.SandboxNetwork;
import dev.fairlead.pod.UserNamespaceSupport;
import dev.fairlead.streaming.StreamingServer;
import io.grpc.BindableService;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The two services of CRI v1. */
public final class CriServices {
    private final List<BindableService> services;
    private final MetricsRpcs metrics;

    private CriServices(List<BindableService> services, MetricsRpcs metrics) {
        this.services = services;
        this.metrics = metrics;
    }

    /** RuntimeService and ImageService. */
    public List<BindableService> services() {
        return services;
    }

    /**
     * The metrics of ListPodSandboxMetrics in Prometheus' text format, with the fractions that CRI cannot carry.
     * @throws IOException the kernel's counters cannot be read
     */
    public String containerMetrics() throws IOException {
        return metrics.text();
    }

    /**
     * Makes them.
     * @param version of Fairlead
     * @param settings of the daemon by name, for those who ask for a verbose status
     */
    public static CriServices of(
            String version,
            Map<String, String> settings,
            PodRegistry registry,
            SandboxLifecycle sandboxes,
            ContainerLifecycle containers,
            Checkpoints checkpoints,
            SandboxKernel kernel,
            LifecycleEvents events,
            SandboxNetwork network,
            UserNamespaceSupport userNamespaces,
            StreamingServer streaming,
            ImageStore images) {
        ContainerMeasurements containerMeasurements = new ContainerMeasurements(images.snapshots());
        PodMeasurements podMeasurements = new PodMeasurements(registry, kernel, containerMeasurements);
        EventRpcs eventRpcs = new EventRpcs();
        List.of(containerMeasurements, podMeasurements, eventRpcs).forEach(events::listen);
        MetricsRpcs metrics = new MetricsRpcs(registry, containerMeasurements, podMeasurements);
        List<BindableService> services = List.of(
                new RuntimeCalls(
                        new StatusRpcs(version, network, userNamespaces, new VerboseInfo.Settings(settings)),
                        new SandboxRpcs(registry, sandboxes),
                        new ContainerRpcs(registry, containers, checkpoints),
                        new StreamingRpcs(registry, streaming),
                        new StatsRpcs(registry, containerMeasurements, podMeasurements),
                        metrics,
                        eventRpcs),
                new ImageCalls(new ImageRpcs(images)));
        return new CriServices(services, metrics);
    }
}
