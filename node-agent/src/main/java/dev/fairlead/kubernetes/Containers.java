package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.stream.Stream;

/** Questions about the containers of a pod. */
final class Containers {
    private Containers() {}

    /** An init container that keeps running beside the others. */
    static boolean isSidecar(Container initContainer) {
        return "Always".equals(initContainer.getRestartPolicy());
    }

    /** Init containers and containers, in the order in which they start. */
    static List<Container> all(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .toList();
    }

    /** Where a container stands in the manifest, for messages: {@code spec.containers[1]}. */
    static String field(Pod pod, Container container) {
        int init = indexOf(pod.getSpec().getInitContainers(), container);
        return init >= 0
                ? "spec.initContainers[" + init + "]"
                : "spec.containers[" + indexOf(pod.getSpec().getContainers(), container) + "]";
    }

    /** By identity: the model's objects are equal where their content is, as with a container that is there twice. */
    @SuppressWarnings("ReferenceEquality")
    private static int indexOf(List<Container> containers, Container container) {
        for (int i = 0; i < containers.size(); i++) {
            if (containers.get(i) == container) {
                return i;
            }
        }
        return -1;
    }

    static boolean isPrivileged(Container container) {
        return container.getSecurityContext() != null
                && Boolean.TRUE.equals(container.getSecurityContext().getPrivileged());
    }
}
