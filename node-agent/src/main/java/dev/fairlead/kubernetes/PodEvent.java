package dev.fairlead.kubernetes;

import java.time.Duration;
import java.util.List;

/** What happens to a pod while it runs, in the order in which it happens. */
public sealed interface PodEvent {
    /** What a container is to its pod. */
    enum Kind {
        INIT,
        SIDECAR,
        MAIN
    }

    /** The sandbox is there; {@code ips} is empty on the host network. */
    record SandboxStarted(List<String> ips) implements PodEvent {}

    /** A container runs; creating and starting it took that long. */
    record Started(String container, Kind kind, int attempt, Duration took) implements PodEvent {}

    /** A container's probes say that it is ready, or that it is not any more. */
    record Ready(String container, Kind kind, boolean ready) implements PodEvent {}

    /** A probe failed; {@code fatal} when it was once too often and the container is stopped for it. */
    record ProbeFailed(String container, Kind kind, String probe, String message, boolean fatal) implements PodEvent {}

    /** A container ended by itself or was stopped. {@code message} is what it left as its termination message. */
    record Ended(String container, Kind kind, int exitCode, String reason, String message, Duration ran)
            implements PodEvent {}

    /** A container will be started again after {@code delay}. */
    record BackingOff(String container, Kind kind, int restarts, Duration delay) implements PodEvent {}

    /** A line, or a part of one, that a container wrote. */
    record Output(String container, LogLine line) implements PodEvent {}

    /** The pod is stopped: because somebody asked for it, or because its containers are done. */
    record Stopping(List<String> containers) implements PodEvent {}

    /** A container stopped on request. */
    record Stopped(String container, Duration took) implements PodEvent {}

    /** Nothing of the pod is left. */
    record Removed() implements PodEvent {}

    /** Something went wrong that the run survives. */
    record Problem(String message) implements PodEvent {}
}
