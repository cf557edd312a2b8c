package dev.fairlead.pod;

import dev.fairlead.image.FsUsage;
import dev.fairlead.image.store.Snapshots;
import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import dev.fairlead.libcontainer.cgroups.CgroupUsage;
import dev.fairlead.linux.BlockDevices;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.ProcessFiles;
import dev.fairlead.linux.ProcessFiles.Descriptors;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/** Measures running containers when somebody asks. */
public final class ContainerMeasurements implements LifecycleEvents.Listener {
    /** Counting the files of a layer is work; nobody acts on it faster than this. */
    private static final Duration LAYER_AGE = Duration.ofSeconds(10);

    private final Snapshots snapshots;
    private final CpuRates rates = new CpuRates();
    private final Map<String, FsUsage> layers = new ConcurrentHashMap<>();

    public ContainerMeasurements(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    /** Empty where the container does not run. */
    public Optional<ContainerMeasurement> of(PodContainer container) throws IOException {
        return whileItRuns(container, cgroup -> {
            CgroupUsage used = cgroup.usage();
            OptionalLong rate = used.cpuNanos().isPresent()
                    ? rates.note(
                            container.id(),
                            used.takenAt(),
                            used.cpuNanos().getAsLong(),
                            Clocks.instant(container.state().startedAt()))
                    : OptionalLong.empty();
            return new ContainerMeasurement(container, used, rate, layer(container.id()));
        });
    }

    /** All that can be measured; empty where the container does not run. */
    public Optional<ContainerDetails> details(PodContainer container) throws IOException {
        return whileItRuns(container, cgroup -> {
            CgroupStatistics used = cgroup.statistics();
            List<Integer> processes = cgroup.pids();
            Descriptors descriptors = Descriptors.NONE;
            for (int process : processes) {
                descriptors = descriptors.plus(ProcessFiles.descriptors(process));
            }
            FsUsage layer = layer(container.id());
            return new ContainerDetails(
                    container,
                    used,
                    cgroup.limits(),
                    cgroup.oomKills(),
                    processes.size(),
                    descriptors.open(),
                    descriptors.sockets(),
                    ProcessFiles.openFilesLimit(container.initPid()),
                    layer,
                    space(layer.directory()),
                    deviceNames(used));
        });
    }

    /** How many processes a container has; 0 where it does not run. */
    long processes(PodContainer container) throws IOException {
        return whileItRuns(container, cgroup -> cgroup.pids().size()).orElse(0);
    }

    private interface Measuring<T> {
        T of(Cgroup cgroup) throws IOException;
    }

    private static <T> Optional<T> whileItRuns(PodContainer container, Measuring<T> measuring) throws IOException {
        Optional<ContainerHandle> handle = container.handle();
        if (handle.isEmpty() || !(container.state() instanceof ContainerState.Running)) {
            return Optional.empty();
        }
        try {
            return Optional.of(measuring.of(handle.get().container().cgroup()));
        } catch (CgroupException | NoSuchFileException e) {
            // Its cgroup goes when its last process has ended, a moment before that is told to us.
            if ((e instanceof CgroupException cgroup && cgroup.isGone())
                    || !(container.state() instanceof ContainerState.Running)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private FsUsage layer(String id) throws IOException {
        FsUsage known = layers.get(id);
        if (known != null && Duration.between(known.measuredAt(), Instant.now()).compareTo(LAYER_AGE) < 0) {
            return known;
        }
        FsUsage counted = snapshots.usage(id);
        layers.put(id, counted);
        return counted;
    }

    private static ContainerDetails.LayerSpace space(Path directory) throws IOException {
        try (Fd open = KernelFiles.openDirectory(directory.toString())) {
            Stat.FileSystem space = Stat.fileSystem(open);
            return new ContainerDetails.LayerSpace(
                    BlockDevices.nameOf(Stat.of(open).device().toString()),
                    space.blocks() * space.blockSize(),
                    space.files(),
                    space.filesFree());
        }
    }

    private static Map<String, String> deviceNames(CgroupStatistics used) throws IOException {
        Map<String, String> names = new HashMap<>();
        if (used.io().isPresent()) {
            for (CgroupStatistics.DeviceIo device : used.io().get().devices()) {
                names.put(device.device(), BlockDevices.nameOf(device.device()));
            }
        }
        return names;
    }

    /** Nothing is kept of containers that have ended. */
    @Override
    public void happened(LifecycleEvents.Event event) {
        switch (event.step()) {
            case STOPPED, DELETED -> {
                rates.forget(event.id());
                layers.remove(event.id());
            }
            case CREATED, STARTED -> {
                // Measured when somebody asks.
            }
        }
    }
}
