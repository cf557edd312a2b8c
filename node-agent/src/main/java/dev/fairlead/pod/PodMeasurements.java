package dev.fairlead.pod;

import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.cgroups.CgroupUsage;
import dev.fairlead.libcontainer.namespaces.InterfaceCounters;
import dev.fairlead.libcontainer.namespaces.NetworkCounters;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/** Measures pods that are ready when somebody asks. */
public final class PodMeasurements implements LifecycleEvents.Listener {
    private final PodRegistry registry;
    private final SandboxKernel kernel;
    private final ContainerMeasurements containers;
    private final CpuRates rates = new CpuRates();
    private final Map<String, Cgroups> cgroups = new ConcurrentHashMap<>();

    public PodMeasurements(PodRegistry registry, SandboxKernel kernel, ContainerMeasurements containers) {
        this.registry = registry;
        this.kernel = kernel;
        this.containers = containers;
    }

    /**
     * The cgroups of a pod, which are dearer to find than to read.
     * @param own has all of the pod; empty where it shares one with others
     * @param pause of the process that holds its PID namespace
     */
    private record Cgroups(Optional<Cgroup> own, Optional<Cgroup> pause) {}

    /** Measures those of {@code sandboxes} that are ready, in their order. */
    public List<PodMeasurement> of(Collection<PodSandbox> sandboxes) throws IOException {
        List<PodSandbox> ready = sandboxes.stream().filter(PodSandbox::isReady).toList();
        Map<String, List<PodContainer>> members = new HashMap<>();
        for (PodContainer container : registry.containers()) {
            members.computeIfAbsent(container.sandboxId(), id -> new ArrayList<>())
                    .add(container);
        }
        Map<Path, List<InterfaceCounters>> networks = NetworkCounters.read(ready.stream()
                .filter(PodSandbox::ownsNetwork)
                .map(SandboxKernel::namespaces)
                .toList());
        List<PodMeasurement> measured = new ArrayList<>();
        for (PodSandbox sandbox : ready) {
            Optional<List<InterfaceCounters>> network = Optional.ofNullable(
                            networks.get(SandboxKernel.namespaces(sandbox)))
                    .map(PodMeasurements::withoutLoopback);
            // A pod whose network is gone is being stopped.
            if (network.isPresent() || !sandbox.ownsNetwork()) {
                measured.add(measure(sandbox, members.getOrDefault(sandbox.id(), List.of()), network));
            }
        }
        return measured;
    }

    /** What the network interfaces of pods that are ready have carried, loopback left out; pods on the node's network are not in it. */
    public Map<PodSandbox, List<InterfaceCounters>> networks(Collection<PodSandbox> sandboxes) throws IOException {
        Map<Path, PodSandbox> owners = new HashMap<>();
        for (PodSandbox sandbox : sandboxes) {
            if (sandbox.isReady() && sandbox.ownsNetwork()) {
                owners.put(SandboxKernel.namespaces(sandbox), sandbox);
            }
        }
        Map<PodSandbox, List<InterfaceCounters>> networks = new HashMap<>();
        NetworkCounters.read(owners.keySet()).forEach((path, counters) -> {
            PodSandbox owner = owners.get(path);
            if (owner != null) {
                networks.put(owner, withoutLoopback(counters));
            }
        });
        return networks;
    }

    private static List<InterfaceCounters> withoutLoopback(List<InterfaceCounters> counters) {
        return counters.stream().filter(each -> !each.isLoopback()).toList();
    }

    private PodMeasurement measure(
            PodSandbox sandbox, List<PodContainer> members, Optional<List<InterfaceCounters>> network)
            throws IOException {
        Instant now = Instant.now();
        List<ContainerMeasurement> measured = new ArrayList<>();
        long processes = 0;
        for (PodContainer container : members) {
            containers.of(container).ifPresent(measured::add);
            processes += containers.processes(container);
        }
        Cgroups known = cgroups(sandbox);
        if (known.pause().isPresent()) {
            processes += known.pause().get().pids().size();
        }
        CgroupUsage used = used(known, measured);
        OptionalLong rate = used.cpuNanos().isPresent()
                ? rates.note(sandbox.id(), used.takenAt(), used.cpuNanos().getAsLong(), Instant.MIN)
                : OptionalLong.empty();
        return new PodMeasurement(sandbox, now, used, rate, network, processes, measured);
    }

    private Cgroups cgroups(PodSandbox sandbox) throws CgroupException {
        Cgroups known = cgroups.get(sandbox.id());
        if (known == null) {
            known = new Cgroups(kernel.ownCgroup(sandbox), kernel.pauseCgroupOf(sandbox));
            cgroups.put(sandbox.id(), known);
        }
        return known;
    }

    private static CgroupUsage used(Cgroups known, List<ContainerMeasurement> containers) throws CgroupException {
        if (known.own().isPresent()) {
            return usage(known.own().get());
        }
        List<CgroupUsage> parts = new ArrayList<>();
        containers.forEach(container -> parts.add(container.used()));
        if (known.pause().isPresent()) {
            parts.add(usage(known.pause().get()));
        }
        return CgroupUsage.sum(parts);
    }

    /** The cgroup of a pod is made with its first process. */
    private static CgroupUsage usage(Cgroup cgroup) throws CgroupException {
        try {
            return cgroup.usage();
        } catch (CgroupException e) {
            if (e.isGone()) {
                return CgroupUsage.none();
            }
            throw e;
        }
    }

    /** Nothing is kept of pods that have ended. */
    @Override
    public void happened(LifecycleEvents.Event event) {
        switch (event.step()) {
            case STOPPED, DELETED -> {
                rates.forget(event.id());
                cgroups.remove(event.id());
            }
            case CREATED, STARTED -> {
                // Measured when somebody asks.
            }
        }
    }
}
