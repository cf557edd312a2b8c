package dev.fairlead.cli;

import dev.fairlead.cri.v1.Container;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.PodSandbox;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** The pods and containers of a daemon at one moment, and how a user names them. */
record Inventory(List<PodSandbox> pods, List<Container> containers) {
    private static final int SHORTEST_ID = 3;

    static Inventory of(RuntimeServiceBlockingStub runtime) {
        List<PodSandbox> pods =
                runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList().stream()
                        .sorted(Comparator.comparingLong(PodSandbox::getCreatedAt))
                        .toList();
        List<Container> containers =
                runtime.listContainers(ListContainersRequest.getDefaultInstance()).getContainersList().stream()
                        .sorted(Comparator.comparingLong(Container::getCreatedAt))
                        .toList();
        return new Inventory(pods, containers);
    }

    /** {@code namespace/name}; only the name in the namespace "default". */
    static String name(PodSandbox pod) {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getMetadata().getName();
        return namespace.isEmpty() || namespace.equals("default") ? name : namespace + "/" + name;
    }

    /** All containers of a pod, older attempts too, oldest first. */
    List<Container> of(PodSandbox pod) {
        return containers.stream()
                .filter(container -> container.getPodSandboxId().equals(pod.getId()))
                .toList();
    }

    /** Of each container of a pod, the last attempt. */
    List<Container> current(PodSandbox pod) {
        List<Container> all = of(pod);
        return all.stream()
                .filter(container -> all.stream()
                        .noneMatch(other -> other.getMetadata()
                                        .getName()
                                        .equals(container.getMetadata().getName())
                                && other.getCreatedAt() > container.getCreatedAt()))
                .toList();
    }

    Optional<PodSandbox> podOf(Container container) {
        return pods.stream()
                .filter(pod -> pod.getId().equals(container.getPodSandboxId()))
                .findFirst();
    }

    /**
     * The pod that a user means by {@code name}, {@code namespace/name} or the start of an id.
     * @throws CliException where none or several fit
     */
    PodSandbox pod(String reference) {
        return only(pods(reference), reference, "pod", pod -> name(pod) + " (" + Human.shortId(pod.getId()) + ")");
    }

    /** All that fit: several pods may have one name, old ones and a new one. */
    List<PodSandbox> pods(String reference) {
        List<PodSandbox> named = pods.stream()
                .filter(pod -> pod.getMetadata().getName().equals(reference)
                        || (pod.getMetadata().getNamespace() + "/"
                                        + pod.getMetadata().getName())
                                .equals(reference))
                .toList();
        return named.isEmpty()
                ? pods.stream().filter(pod -> isId(pod.getId(), reference)).toList()
                : named;
    }

    /**
     * The container that a user means.
     * @param reference a pod as in {@link #pod}, or the start of a container's id
     * @param name which container of the pod; without it, the pod's only one, or the first that was started after init
     */
    Container container(String reference, Optional<String> name) {
        List<Container> byId = containers.stream()
                .filter(container -> isId(container.getId(), reference))
                .toList();
        if (pods(reference).isEmpty() && !byId.isEmpty()) {
            return only(byId, reference, "container", Container::getId);
        }
        PodSandbox pod = latest(pods(reference), reference);
        List<Container> ofPod = current(pod);
        if (name.isPresent()) {
            return ofPod.stream()
                    .filter(container -> container.getMetadata().getName().equals(name.get()))
                    .findFirst()
                    .orElseThrow(() -> new CliException(
                            "pod " + name(pod) + " has no container \"" + name.get() + "\", but " + names(ofPod)));
        }
        return switch (ofPod.size()) {
            case 0 -> throw new CliException("pod " + name(pod) + " has no containers");
            case 1 -> ofPod.getFirst();
            default ->
                throw new CliException("pod " + name(pod) + " has several containers: name one of " + names(ofPod));
        };
    }

    private static PodSandbox latest(List<PodSandbox> found, String reference) {
        return found.stream()
                .max(Comparator.comparingLong(PodSandbox::getCreatedAt))
                .orElseThrow(() -> new CliException("there is no pod \"" + reference + "\"; fairlead ps lists them"));
    }

    private static String names(List<Container> containers) {
        return String.join(
                ", ",
                containers.stream()
                        .map(container -> container.getMetadata().getName())
                        .toList());
    }

    private static boolean isId(String id, String reference) {
        return reference.length() >= SHORTEST_ID && id.startsWith(reference);
    }

    private static <T> T only(List<T> found, String reference, String what, Function<T, String> name) {
        if (found.isEmpty()) {
            throw new CliException("there is no " + what + " \"" + reference + "\"; fairlead ps lists them");
        }
        if (found.size() > 1) {
            Stream<String> names = found.stream().map(name);
            throw new CliException("\"" + reference + "\" could be any of " + String.join(", ", names.toList()));
        }
        return found.getFirst();
    }
}
