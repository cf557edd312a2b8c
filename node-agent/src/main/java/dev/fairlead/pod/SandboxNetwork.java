package dev.fairlead.pod;

import dev.fairlead.cni.NetworkRequests;
import dev.fairlead.cni.NetworkRequests.PortMapping;
import dev.fairlead.cni.PodAttachment;
import dev.fairlead.cni.PodNetwork;
import dev.fairlead.cri.v1.DNSConfig;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Connects pods that have a network of their own: what CRI asks for, in the words of CNI. */
public final class SandboxNetwork {
    private final PodNetwork network;

    public SandboxNetwork(PodNetwork network) {
        this.network = network;
    }

    /** Why no pod can be connected at the moment; empty when one can. */
    public Optional<String> problem() {
        return network.notReady();
    }

    /** The CNI configuration in use, in JSON. */
    public Optional<String> configuration() {
        return network.configuration();
    }

    /**
     * Connects a pod.
     * @param namespace the pinned network namespace
     * @return the pod's addresses, the primary one first
     * @throws IOException the failing plugin's own words are in the message; nothing of the attempt is left
     */
    List<String> attach(PodSandbox sandbox, Path namespace) throws IOException {
        var metadata = sandbox.config().getMetadata();
        PodAttachment attachment = PodAttachment.eth0(
                sandbox.id(),
                namespace,
                new PodAttachment.Pod(metadata.getName(), metadata.getNamespace(), metadata.getUid()),
                requests(sandbox));
        return network.attach(attachment).podIps(PodAttachment.ETH0);
    }

    private static NetworkRequests requests(PodSandbox sandbox) throws InvalidConfigException {
        PodSandboxConfig config = sandbox.config();
        List<PortMapping> ports = config.getPortMappingsList().stream()
                .map(port -> new PortMapping(
                        port.getHostPort(),
                        port.getContainerPort(),
                        port.getProtocol().name(),
                        port.getHostIp().isEmpty() ? Optional.empty() : Optional.of(port.getHostIp())))
                .toList();
        DNSConfig dns = config.getDnsConfig();
        try {
            return NetworkRequests.of(
                    config.getAnnotationsMap(),
                    ports,
                    config.hasDnsConfig()
                            ? Optional.of(new NetworkRequests.Dns(
                                    dns.getServersList(), dns.getSearchesList(), dns.getOptionsList()))
                            : Optional.empty(),
                    Optional.of(sandbox.cgroupParent().path()));
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigException("config.annotations: " + e.getMessage(), e);
        }
    }

    /** Disconnects a pod; nothing happens where it is not connected. The namespace may be gone. */
    void detach(PodSandbox sandbox, Path namespace) throws IOException {
        network.detach(sandbox.id(), Optional.of(namespace));
    }

    /** Puts away what an earlier daemon had under way; before anything else is done with the network. */
    void settle() throws IOException, InterruptedException {
        network.settle();
    }

    /** Gives back what belongs to none of these sandboxes. */
    void collectGarbage(Set<String> sandboxIds) throws IOException {
        network.collectGarbage(sandboxIds);
    }
}
