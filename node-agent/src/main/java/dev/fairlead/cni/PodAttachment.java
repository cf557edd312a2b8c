package dev.fairlead.cni;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A pod's place in the network: what one ADD makes and one DEL takes away.
 *
 * @param sandboxId CNI's container id
 * @param networkNamespace a path to it, in the daemon's mount namespace
 * @param interfaceName inside the pod, eth0 mostly
 */
public record PodAttachment(
        String sandboxId, Path networkNamespace, String interfaceName, Pod pod, NetworkRequests requests) {
    /** The interface that a pod's address is on. */
    public static final String ETH0 = "eth0";

    /** The pod as the API server knows it: plugins look it up by this. */
    public record Pod(String name, String namespace, String uid) {}

    /** With the usual interface. */
    public static PodAttachment eth0(String sandboxId, Path networkNamespace, Pod pod, NetworkRequests requests) {
        return new PodAttachment(sandboxId, networkNamespace, ETH0, pod, requests);
    }

    /** CNI_ARGS, as every Kubernetes network add-on expects them. */
    Map<String, String> arguments() {
        Map<String, String> arguments = new LinkedHashMap<>();
        arguments.put("IgnoreUnknown", "1");
        arguments.put("K8S_POD_NAMESPACE", pod.namespace());
        arguments.put("K8S_POD_NAME", pod.name());
        arguments.put("K8S_POD_INFRA_CONTAINER_ID", sandboxId);
        arguments.put("K8S_POD_UID", pod.uid());
        return arguments;
    }
}
