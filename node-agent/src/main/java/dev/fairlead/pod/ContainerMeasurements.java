package dev.fairlead.pod;

import dev.fairlead.image.FsUsage;
import dev.fairlead.image.store.Snapshots;
import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/** Measures containers when somebody asks. */
public final class ContainerMeasurements {
    /** Counting the files of a layer is work; nobody acts on it faster than this. */
    private static final Duration LAYER_AGE = Duration.ofSeconds(10);

    /** Rates over less than this are noise. */
    private static final Duration RATE_AGE = Duration.ofMillis(100);

    private final Snapshots snapshots;
    private final Map<String, Sample> samples = new ConcurrentHashMap<>();
    private final Map<String, FsUsage> layers = new ConcurrentHashMap<>();

    public ContainerMeasurements(Snapshots snapshots) {
        this.snapshots = snapshots;
    }

    private record Sample(Instant takenAt, long usageNanos, OptionalLong rate) {}

    /** Empty where the container has ended. */
    public Optional<ContainerMeasurement> of(PodContainer container) throws IOException {
        Optional<ContainerHandle> handle = container.handle();
        if (handle.isEmpty()) {
            samples.remove(container.id());
            layers.remove(container.id());
            return Optional.empty();
        }
        CgroupStatistics used;
        FsUsage layer;
        try {
            used = handle.get().container().cgroup().statistics();
            layer = layer(container.id());
        } catch (CgroupException e) {
            if (container.state() instanceof ContainerState.Running) {
                throw e;
            }
            return Optional.empty();
        }
        OptionalLong rate = used.cpu().isPresent()
                ? rate(container.id(), used.takenAt(), used.cpu().get().usageNanos())
                : OptionalLong.empty();
        return Optional.of(new ContainerMeasurement(used, rate, layer));
    }

    private OptionalLong rate(String id, Instant now, long usageNanos) {
        Sample before = samples.get(id);
        if (before != null && Duration.between(before.takenAt(), now).compareTo(RATE_AGE) < 0) {
            return before.rate();
        }
        OptionalLong rate = OptionalLong.empty();
        if (before != null) {
            double seconds = Duration.between(before.takenAt(), now).toNanos() / 1e9;
            rate = OptionalLong.of(Math.max(0, Math.round((usageNanos - before.usageNanos()) / seconds)));
        }
        samples.put(id, new Sample(now, usageNanos, rate));
        return rate;
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
}
