package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.time.Instant;

/** When a probe is due, and what its outcomes add up to. */
final class ProbeCounter {
    /** What is believed of the container. */
    enum Belief {
        /** Not enough outcomes yet. */
        OPEN,
        GOOD,
        BAD
    }

    private final Probe probe;
    private Instant due;
    private boolean running;
    private int successes;
    private int failures;
    private Belief belief = Belief.OPEN;

    /** @param from when the container started, or the startup probe succeeded */
    ProbeCounter(Probe probe, Instant from) {
        this.probe = probe;
        this.due = from.plusSeconds(probe.getInitialDelaySeconds());
    }

    Probe probe() {
        return probe;
    }

    boolean isDue(Instant now) {
        return !running && !now.isBefore(due);
    }

    void begin(Instant now) {
        running = true;
        due = now.plus(Duration.ofSeconds(probe.getPeriodSeconds()));
    }

    /** Counts an outcome: thresholds are of outcomes in a row. */
    Belief end(ProbeOutcome outcome) {
        running = false;
        switch (outcome) {
            case ProbeOutcome.Success _ -> {
                successes++;
                failures = 0;
            }
            case ProbeOutcome.Failure _ -> {
                failures++;
                successes = 0;
            }
            case ProbeOutcome.Unknown _ -> {}
        }
        if (successes >= probe.getSuccessThreshold()) {
            belief = Belief.GOOD;
        } else if (failures >= probe.getFailureThreshold()) {
            belief = Belief.BAD;
        }
        return belief;
    }

    Belief belief() {
        return belief;
    }
}
