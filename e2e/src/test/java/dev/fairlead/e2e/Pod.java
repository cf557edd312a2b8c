package dev.fairlead.e2e;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.CreateContainerRequest;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PodSandboxStatus;
import dev.fairlead.cri.v1.PodSandboxStatusRequest;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.RunPodSandboxRequest;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import java.util.concurrent.atomic.AtomicInteger;

/** A pod that runs, with what it was asked to be. */
public record Pod(Cri cri, String id, PodSandboxConfig config, AtomicInteger containers) {
    public static Pod run(Cri cri, PodSandboxConfig config) {
        String id = cri.runtime()
                .runPodSandbox(
                        RunPodSandboxRequest.newBuilder().setConfig(config).build())
                .getPodSandboxId();
        return new Pod(cri, id, config, new AtomicInteger());
    }

    /** Creates a container; where the configuration names none, it is called c1, c2, ... and logs to a file of that name. */
    public Container create(ContainerConfig.Builder container) {
        if (!container.hasMetadata()) {
            String name = "c" + containers.incrementAndGet();
            container.getMetadataBuilder().setName(name);
            container.setLogPath(name + ".log");
        }
        // As the kubelet does it: what the pod's namespaces are is said to every container again.
        container
                .getLinuxBuilder()
                .getSecurityContextBuilder()
                .setNamespaceOptions(config.getLinux().getSecurityContext().getNamespaceOptions());
        ContainerConfig complete = container.build();
        String containerId = cri.runtime()
                .createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(id)
                        .setConfig(complete)
                        .setSandboxConfig(config)
                        .build())
                .getContainerId();
        return new Container(cri, containerId, this, complete);
    }

    /** Creates and starts a container. */
    public Container run(ContainerConfig.Builder container) {
        Container created = create(container);
        created.start();
        return created;
    }

    public PodSandboxStatus status() {
        return cri.runtime()
                .podSandboxStatus(
                        PodSandboxStatusRequest.newBuilder().setPodSandboxId(id).build())
                .getStatus();
    }

    public void stop() {
        var _ = cri.runtime()
                .stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    }

    public void remove() {
        var _ = cri.runtime()
                .removePodSandbox(
                        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build());
    }
}
