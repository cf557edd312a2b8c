package dev.fairlead.pod;

import dev.fairlead.cri.v1.ContainerMetadata;
import dev.fairlead.cri.v1.PodSandboxMetadata;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Every sandbox and container, by id and by name. Two of the same name, namespace, uid and attempt cannot be: the kubelet repeats a call
 * whose answer it missed.
 */
public final class PodRegistry {
    /** As which sandboxes and containers are kept on disk, beside their requests. */
    public static final List<Class<? extends Record>> RECORDS = List.of(SandboxRecord.class, ContainerRecord.class);

    private final Map<String, PodSandbox> sandboxes = new ConcurrentHashMap<>();
    private final Map<String, PodContainer> containers = new ConcurrentHashMap<>();
    private final Map<String, String> names = new ConcurrentHashMap<>();

    /** All sandboxes, in no order. */
    public Collection<PodSandbox> sandboxes() {
        return List.copyOf(sandboxes.values());
    }

    /** All containers, in no order. */
    public Collection<PodContainer> containers() {
        return List.copyOf(containers.values());
    }

    /** The containers of one sandbox, in no order. */
    public List<PodContainer> containersOf(PodSandbox sandbox) {
        return containers.values().stream()
                .filter(container -> container.sandboxId().equals(sandbox.id()))
                .toList();
    }

    /** The sandbox of an id, or of a prefix that no other id has. */
    public Optional<PodSandbox> findSandbox(String id) {
        return find(sandboxes, id);
    }

    /** The container of an id, or of a prefix that no other id has. */
    public Optional<PodContainer> findContainer(String id) {
        return find(containers, id);
    }

    /** The sandbox of {@code id}; NotFound where there is none. */
    public PodSandbox sandbox(String id) throws PodException.NotFound {
        return findSandbox(id).orElseThrow(() -> new PodException.NotFound("no pod sandbox has the id \"" + id + "\""));
    }

    /** The container of {@code id}; NotFound where there is none. */
    public PodContainer container(String id) throws PodException.NotFound {
        return findContainer(id).orElseThrow(() -> new PodException.NotFound("no container has the id \"" + id + "\""));
    }

    /** Takes the name for {@code id}, until {@link #release}. */
    void reserve(String name, String id) throws PodException.AlreadyExists {
        String holder = names.putIfAbsent(name, id);
        if (holder != null && !holder.equals(id)) {
            throw new PodException.AlreadyExists(
                    "the name " + name + " is taken by " + holder + "; remove that one, or ask with another attempt");
        }
    }

    void release(String name) {
        names.remove(name);
    }

    void add(PodSandbox sandbox) {
        sandboxes.put(sandbox.id(), sandbox);
    }

    void add(PodContainer container) {
        containers.put(container.id(), container);
    }

    void remove(PodSandbox sandbox) {
        sandboxes.remove(sandbox.id());
        release(name(sandbox.config().getMetadata()));
    }

    /** Tells whether it was there. */
    boolean remove(PodContainer container) {
        boolean known = containers.remove(container.id()) != null;
        release(name(container.sandboxId(), container.config().getMetadata()));
        return known;
    }

    static String name(PodSandboxMetadata metadata) {
        return String.join(
                "_",
                metadata.getName(),
                metadata.getNamespace(),
                metadata.getUid(),
                Integer.toString(metadata.getAttempt()));
    }

    static String name(String sandboxId, ContainerMetadata metadata) {
        return String.join("_", metadata.getName(), sandboxId, Integer.toString(metadata.getAttempt()));
    }

    private static <T> Optional<T> find(Map<String, T> all, String id) {
        if (id.isEmpty()) {
            return Optional.empty();
        }
        T exact = all.get(id);
        if (exact != null) {
            return Optional.of(exact);
        }
        List<T> matches = all.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(id))
                .limit(2)
                .map((Function<Map.Entry<String, T>, T>) Map.Entry::getValue)
                .toList();
        return matches.size() == 1 ? Optional.of(matches.getFirst()) : Optional.empty();
    }
}
