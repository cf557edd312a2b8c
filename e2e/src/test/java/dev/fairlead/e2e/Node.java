package dev.fairlead.e2e;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import dev.fairlead.cri.v1.RemovePodSandboxRequest;
import dev.fairlead.cri.v1.StopPodSandboxRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** The private node that the scenarios run in: its one runtime daemon, and short ways to make pods with it. */
public final class Node implements AutoCloseable {
    public static final String REGISTRY = "127.0.0.1:5000";
    public static final String BUSYBOX = REGISTRY + "/busybox:1";

    private final Daemon daemon;
    private final Cri cri;
    private final AtomicInteger pods = new AtomicInteger();

    private Node(Daemon daemon, String... options) throws IOException {
        this.daemon = daemon;
        this.cri = new Cri(daemon.socket());
        startDaemon(options);
    }

    /** Starts the daemon, at first or after it was killed, and waits until it is ready for calls. */
    public void startDaemon(String... options) throws IOException {
        daemon.start(options);
        cri.reconnect();
        Wait.until(
                "the daemon is ready",
                Duration.ofSeconds(20),
                () -> {
                    try {
                        var _ = cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
                        return Status.OK;
                    } catch (StatusRuntimeException e) {
                        return e.getStatus();
                    }
                },
                Status::isOk);
    }

    /** Ends the daemon and starts it with these options beside its own. */
    public void restartDaemon(String... options) throws IOException {
        daemon.stop();
        startDaemon(options);
    }

    public static Node start() {
        return start(Daemon.underTest());
    }

    /** With this daemon, which is given these options beside its own. */
    public static Node start(Daemon daemon, String... options) {
        try {
            Node node = new Node(daemon, options);
            node.warmUp();
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RuntimeException | AssertionError e) {
            if (daemon.isAlive()) {
                daemon.kill(); // the next class tries again
            }
            throw e;
        }
    }

    /** What the first pod of a node leaves for all others, by design: the CNI bridge, the firewall chains of port mappings. */
    private void warmUp() {
        cri.pull(BUSYBOX);
        Pod pod = runPod(
                "warm-up",
                config -> config.addPortMappings(PortMapping.newBuilder()
                        .setProtocol(Protocol.TCP)
                        .setContainerPort(80)
                        .setHostPort(18080)));
        pod.run(command("true")).awaitExit();
        removeAllPods();
    }

    public Daemon daemon() {
        return daemon;
    }

    public Cri cri() {
        return cri;
    }

    public Crictl crictl() {
        return new Crictl(daemon.socket());
    }

    public Pod runPod(String name) {
        return runPod(name, UnaryOperator.identity());
    }

    /** A pod that may have privileged containers. */
    public Pod runPrivilegedPod(String name) {
        return runPod(name, pod -> {
            pod.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
            return pod;
        });
    }

    public Pod runPod(String name, UnaryOperator<PodSandboxConfig.Builder> change) {
        return Pod.run(cri, podConfig(name, change));
    }

    /** A pod on the pod network, with a log directory and a name of its own. */
    public PodSandboxConfig podConfig(String name, UnaryOperator<PodSandboxConfig.Builder> change) {
        String unique = name + "-" + pods.incrementAndGet();
        PodSandboxConfig.Builder config =
                PodSandboxConfig.newBuilder().setHostname(name).setLogDirectory("/var/log/pods/e2e_" + unique);
        config.getMetadataBuilder().setName(unique).setNamespace("e2e").setUid("uid-" + unique);
        config.getLinuxBuilder()
                .setCgroupParent("/e2e")
                .getSecurityContextBuilder()
                .setNamespaceOptions(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER));
        return change.apply(config).build();
    }

    /** A container of busybox that runs {@code command}; a name is given to it when it is created. */
    public static ContainerConfig.Builder command(String... command) {
        return ContainerConfig.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(BUSYBOX))
                .addAllCommand(List.of(command));
    }

    public static ContainerConfig.Builder shell(String script) {
        return command("sh", "-c", script);
    }

    public void removeAllPods() {
        for (PodSandbox pod : cri.runtime()
                .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                .getItemsList()) {
            cri.runtime()
                    .stopPodSandbox(StopPodSandboxRequest.newBuilder()
                            .setPodSandboxId(pod.getId())
                            .build());
            cri.runtime()
                    .removePodSandbox(RemovePodSandboxRequest.newBuilder()
                            .setPodSandboxId(pod.getId())
                            .build());
        }
    }

    @Override
    public void close() throws IOException {
        cri.close();
        daemon.stop();
    }
}
