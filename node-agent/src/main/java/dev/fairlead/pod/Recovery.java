package dev.fairlead.pod;

import dev.fairlead.image.store.Snapshots;
import dev.fairlead.state.StateRoot;
import java.io.IOException;
import java.util.stream.Collectors;

/**
 * The start of a daemon: it takes over what an earlier one left, finishes or undoes what that one was in the middle of, and gives back what
 * has no owner.
 */
public final class Recovery {
    private static final System.Logger LOG = System.getLogger(Recovery.class.getName());

    private final StateRoot state;
    private final PodRegistry registry;
    private final SandboxLifecycle sandboxes;
    private final ContainerLifecycle containers;
    private final SandboxNetwork network;
    private final Snapshots snapshots;

    public Recovery(
            StateRoot state,
            PodRegistry registry,
            SandboxLifecycle sandboxes,
            ContainerLifecycle containers,
            SandboxNetwork network,
            Snapshots snapshots) {
        this.state = state;
        this.registry = registry;
        this.sandboxes = sandboxes;
        this.containers = containers;
        this.network = network;
        this.snapshots = snapshots;
    }

    /** Runs it; to be done before anybody is served. */
    public void run() throws IOException, InterruptedException {
        if (!state.isOfThisBoot()) {
            LOG.log(System.Logger.Level.INFO, "the node was rebooted: clearing away the pods of before");
            containers.forgetEarlierBoot();
            sandboxes.forgetEarlierBoot();
        }
        state.claimBoot();
        try {
            network.settle();
        } catch (IOException e) {
            // Pods that run must be served meanwhile.
            LOG.log(System.Logger.Level.WARNING, "the network may be left with what no pod has", e);
        }
        // Sandboxes first: containers look for theirs. A sandbox that was cut off has no containers yet.
        sandboxes.recover();
        containers.recover();
        for (String id : snapshots.list()) {
            if (registry.findContainer(id).isEmpty()) {
                snapshots.remove(id);
            }
        }
        try {
            network.collectGarbage(
                    registry.sandboxes().stream().map(PodSandbox::id).collect(Collectors.toSet()));
        } catch (IOException e) {
            // A network that cannot clean up now can do so later; pods that run must be served meanwhile.
            LOG.log(System.Logger.Level.WARNING, "CNI could not give back what has no pod any more", e);
        }
        LOG.log(
                System.Logger.Level.INFO,
                () -> "took over " + registry.sandboxes().size() + " pods with "
                        + registry.containers().size() + " containers");
    }
}
