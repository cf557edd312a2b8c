package dev.fairlead.kubernetes;

import dev.fairlead.kubernetes.ProbeCounter.Belief;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The probes of one attempt of a container: startup first, then liveness and readiness. */
final class ContainerProbes {
    /** A probe to be made now. */
    record Due(String name, ProbeCounter counter) {}

    private final @Nullable ProbeCounter startup;
    private @Nullable ProbeCounter liveness;
    private @Nullable ProbeCounter readiness;

    ContainerProbes(Container container, Instant startedAt) {
        startup = counter(container.getStartupProbe(), startedAt);
        liveness = counter(container.getLivenessProbe(), startedAt);
        readiness = counter(container.getReadinessProbe(), startedAt);
    }

    private static @Nullable ProbeCounter counter(@Nullable Probe probe, Instant from) {
        return probe == null ? null : new ProbeCounter(probe, from);
    }

    /** Whether it takes a probe to be ready. */
    boolean decideReadiness() {
        return startup != null || readiness != null;
    }

    /** Whether the startup probe, if there is one, has succeeded. */
    boolean isStarted() {
        return startup == null || startup.belief() == Belief.GOOD;
    }

    /** Whether the container is to get traffic. */
    boolean isReady() {
        return isStarted() && (readiness == null || readiness.belief() == Belief.GOOD);
    }

    /** The probes to make now; each is counted as begun. */
    List<Due> due(Instant now) {
        List<Due> due = new ArrayList<>();
        if (!isStarted()) {
            addIfDue(due, "startup", startup, now);
        } else {
            addIfDue(due, "liveness", liveness, now);
            addIfDue(due, "readiness", readiness, now);
        }
        return due;
    }

    private static void addIfDue(List<Due> due, String name, @Nullable ProbeCounter counter, Instant now) {
        if (counter != null && counter.isDue(now)) {
            counter.begin(now);
            due.add(new Due(name, counter));
        }
    }

    /** Counts an outcome; true when the container must be stopped for it. */
    boolean end(Due due, ProbeOutcome outcome, Instant now) {
        boolean wasStarted = isStarted();
        Belief belief = due.counter().end(outcome);
        if (!wasStarted && isStarted()) {
            // Their delays count from here: before, the container was not expected to answer.
            liveness = liveness == null ? null : new ProbeCounter(liveness.probe(), now);
            readiness = readiness == null ? null : new ProbeCounter(readiness.probe(), now);
        }
        return belief == Belief.BAD && due.counter() != readiness;
    }
}
