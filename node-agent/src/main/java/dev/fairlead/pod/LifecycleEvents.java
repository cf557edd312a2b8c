package dev.fairlead.pod;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Tells who listens of each step in the life of sandboxes and containers. A step and what is told of it are one: a listener that looks at
 * the pod from {@link Listener#happened} sees it as it was right after that step, and steps are told in the order in which they were taken.
 *
 * <p>For that, one lock is held over both. Only the memory of the daemon is touched under it: what belongs to the kernel or the disk is done
 * before.
 */
public final class LifecycleEvents implements AutoCloseable {
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    /** A step of a sandbox or container. */
    public enum Step {
        CREATED,
        STARTED,
        STOPPED,
        DELETED
    }

    /**
     * One step.
     *
     * @param id of the container, or of the sandbox where it is the sandbox's own
     * @param at ns since the epoch; never less than that of the step before
     * @param sandbox the pod
     * @param containers the pod's, as they are now: a deleted one is not among them
     */
    public record Event(String id, Step step, long at, PodSandbox sandbox, List<PodContainer> containers) {
        public Event {
            containers = List.copyOf(containers);
        }
    }

    /** Who listens. Called under the lock: it must not block. */
    public interface Listener {
        void happened(Event event);

        /** Nothing more will happen here: the daemon ends. */
        default void closed() {}
    }

    private final PodRegistry registry;
    private long lastAt;

    public LifecycleEvents(PodRegistry registry) {
        this.registry = registry;
    }

    /** Listens from now on. */
    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /** Takes a step of a container, and tells of it if {@code change} says that it was one. */
    void step(PodContainer container, Step step, BooleanSupplier change) {
        lock.lock();
        try {
            if (change.getAsBoolean()) {
                // Without its sandbox nobody could tell which pod it was of: that one is removed last.
                registry.findSandbox(container.sandboxId()).ifPresent(sandbox -> tell(container.id(), step, sandbox));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes a step of a sandbox. */
    void step(PodSandbox sandbox, Step step, Runnable change) {
        lock.lock();
        try {
            change.run();
            tell(sandbox.id(), step, sandbox);
        } finally {
            lock.unlock();
        }
    }

    private void tell(String id, Step step, PodSandbox sandbox) {
        if (listeners.isEmpty()) {
            return;
        }
        // The clock of the node may be set back; the kubelet drops what seems older than what it knows.
        lastAt = Math.max(lastAt, Clocks.now());
        Event event = new Event(id, step, lastAt, sandbox, registry.containersOf(sandbox));
        listeners.forEach(listener -> listener.happened(event));
    }

    /** Tells that the daemon ends. */
    @Override
    public void close() {
        lock.lock();
        try {
            listeners.forEach(Listener::closed);
            listeners.clear();
        } finally {
            lock.unlock();
        }
    }
}
