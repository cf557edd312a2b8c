package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.kubernetes.PodEvent.Kind;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * One container of a pod through all its attempts: a state machine that {@link PodRunner} steps.
 *
 * <pre>
 *   Waiting -> Running -> (Stopping ->) Waiting (restart, not before its time) or Done
 * </pre>
 */
final class ContainerRun {
    sealed interface State {
        /** To be started when its turn has come, not before {@code notBefore}. */
        record Waiting(Instant notBefore) implements State {}

        /** It runs; {@code hooked} once its postStart hook has ended. */
        record Running(String id, Instant startedAt, ContainerProbes probes, boolean hooked) implements State {}

        /** A stop is under way. */
        record Stopping(String id, Instant startedAt) implements State {}

        /** It will not run again. */
        record Done(int exitCode) implements State {}
    }

    private static final Duration LAST_CHANCE = Duration.ofSeconds(2);
    /** Of a container that is gone, nobody knows how it ended. */
    private static final int GONE = 255;

    private final Container container;
    private final Kind kind;
    private final String restartPolicy;
    private final Duration grace;
    private final PodRunner pod;
    private final BackOff backOff = new BackOff();

    private State state = new State.Waiting(Instant.MIN);
    private int attempt;
    private final Deque<String> over = new ArrayDeque<>();
    private boolean ready;
    private boolean wasUp;

    ContainerRun(Container container, Kind kind, String restartPolicy, Duration grace, PodRunner pod) {
        this.container = container;
        this.kind = kind;
        this.restartPolicy = restartPolicy;
        this.grace = grace;
        this.pod = pod;
    }

    String name() {
        return container.getName();
    }

    Kind kind() {
        return kind;
    }

    Container container() {
        return container;
    }

    State state() {
        return state;
    }

    OptionalInt exitCode() {
        return state instanceof State.Done done ? OptionalInt.of(done.exitCode()) : OptionalInt.empty();
    }

    /**
     * Whether those behind it in the start order may start: an init container must have succeeded, a sidecar have been up once; that it
     * crashed since holds up nobody.
     */
    boolean letsNextStart() {
        return switch (kind) {
            case INIT -> exitCode().equals(OptionalInt.of(0));
            case SIDECAR -> wasUp;
            case MAIN -> true;
        };
    }

    /** Starts it if it waits and its time has come. */
    void startIfDue(Instant now) throws IOException {
        if (!(state instanceof State.Waiting waiting) || now.isBefore(waiting.notBefore())) {
            return;
        }
        Instant begin = Instant.now();
        String id = pod.startContainer(container, attempt);
        Instant startedAt = Instant.now();
        LifecycleHandler hook = container.getLifecycle() == null
                ? null
                : container.getLifecycle().getPostStart();
        state = new State.Running(id, startedAt, new ContainerProbes(container, startedAt), hook == null);
        pod.tell(new PodEvent.Started(name(), kind, attempt, Duration.between(begin, startedAt)));
        forgetOlder();
        if (hook != null) {
            postStart(hook, id);
        }
    }

    private void postStart(LifecycleHandler hook, String id) {
        pod.completions()
                .start(
                        () -> pod.prober().hook(hook, container, id),
                        outcome -> hooked(id, outcome),
                        problem -> hooked(id, new ProbeOutcome.Failure(String.valueOf(problem.getMessage()))));
    }

    private void hooked(String id, ProbeOutcome outcome) {
        if (!(state instanceof State.Running running) || !running.id().equals(id)) {
            return;
        }
        switch (outcome) {
            case ProbeOutcome.Success _ -> state = new State.Running(id, running.startedAt(), running.probes(), true);
            case ProbeOutcome.Failure failure -> hookFailed(failure.message());
            case ProbeOutcome.Unknown unknown -> hookFailed(unknown.message());
        }
    }

    private void hookFailed(String message) {
        pod.tell(new PodEvent.ProbeFailed(name(), kind, "postStart", message, true));
        stop(grace, _ -> {});
    }

    /** Makes the probes that are due, and tells when the container becomes ready or ceases to be. */
    void probe(Instant now) {
        if (!(state instanceof State.Running running) || !running.hooked()) {
            return;
        }
        for (ContainerProbes.Due due : running.probes().due(now)) {
            pod.completions()
                    .start(
                            () -> pod.prober().probe(due.counter().probe(), container, running.id()),
                            outcome -> probed(running, due, outcome),
                            problem -> probed(
                                    running, due, new ProbeOutcome.Unknown(String.valueOf(problem.getMessage()))));
        }
        wasUp |= running.probes().isStarted();
        boolean nowReady = running.probes().isReady();
        if (nowReady != ready && running.probes().decideReadiness()) {
            pod.tell(new PodEvent.Ready(name(), kind, nowReady));
        }
        ready = nowReady;
    }

    private void probed(State.Running probed, ContainerProbes.Due due, ProbeOutcome outcome) {
        if (!(state instanceof State.Running running) || !running.id().equals(probed.id())) {
            return; // a late answer about an attempt that is over
        }
        boolean fatal = running.probes().end(due, outcome, Instant.now());
        if (outcome instanceof ProbeOutcome.Failure failure) {
            pod.tell(new PodEvent.ProbeFailed(name(), kind, due.name(), failure.message(), fatal));
        }
        if (fatal) {
            Long own = due.counter().probe().getTerminationGracePeriodSeconds();
            stop(own == null ? grace : Duration.ofSeconds(own), _ -> {});
        }
    }

    /** Takes notice of what the runtime says of it. */
    void observe(ContainerState seen) throws IOException {
        Optional<String> id = runningId();
        if (id.isPresent() && seen == ContainerState.CONTAINER_EXITED) {
            ended(pod.cri().status(id.get()));
        }
    }

    /** Takes notice that the runtime does not know it any more: somebody removed it. */
    void vanished() {
        pod.tell(new PodEvent.Ended(name(), kind, GONE, "Removed", "somebody removed it", Duration.ZERO));
        state = new State.Done(GONE);
    }

    Optional<String> runningId() {
        return switch (state) {
            case State.Running running -> Optional.of(running.id());
            case State.Stopping stopping -> Optional.of(stopping.id());
            case State.Waiting _, State.Done _ -> Optional.empty();
        };
    }

    private void ended(ContainerStatus status) throws IOException {
        Duration ran = Duration.ofNanos(Math.max(0, status.getFinishedAt() - status.getStartedAt()));
        ready = false;
        pod.followLog(name());
        String message = pod.terminationMessage(container, attempt, status);
        pod.tell(new PodEvent.Ended(name(), kind, status.getExitCode(), status.getReason(), message, ran));
        if (!pod.isStopping() && isToBeRestarted(status.getExitCode())) {
            Duration delay = backOff.after(ran);
            over.add(status.getId());
            attempt++;
            state = new State.Waiting(Instant.now().plus(delay));
            pod.tell(new PodEvent.BackingOff(name(), kind, attempt, delay));
        } else {
            state = new State.Done(status.getExitCode());
        }
    }

    private boolean isToBeRestarted(int exitCode) {
        return switch (kind) {
            case SIDECAR -> true;
            case INIT -> exitCode != 0 && !restartPolicy.equals("Never");
            case MAIN -> restartPolicy.equals("Always") || (restartPolicy.equals("OnFailure") && exitCode != 0);
        };
    }

    /** Of the attempts that are over, the last is kept: its log may be asked for. */
    private void forgetOlder() {
        while (over.size() > 1) {
            pod.cri().remove(over.remove());
        }
    }

    /**
     * Stops it if it runs, after its preStop hook; {@code within} is the time for both.
     * @param onStopped told how long it took, when the runtime says it is gone
     */
    void stop(Duration within, Consumer<Duration> onStopped) {
        if (!(state instanceof State.Running running)) {
            onStopped.accept(Duration.ZERO);
            return;
        }
        state = new State.Stopping(running.id(), running.startedAt());
        Instant begin = Instant.now();
        pod.completions()
                .start(
                        () -> {
                            preStop(running.id());
                            Duration left = within.minus(Duration.between(begin, Instant.now()));
                            // As the kubelet: a hook that took all the time leaves two seconds for the signal.
                            Duration floor = within.compareTo(LAST_CHANCE) < 0 ? within : LAST_CHANCE;
                            pod.cri().stop(running.id(), left.compareTo(floor) < 0 ? floor : left);
                            return Duration.between(begin, Instant.now());
                        },
                        onStopped,
                        problem -> {
                            pod.tell(new PodEvent.Problem("stopping " + name() + ": " + problem.getMessage()));
                            onStopped.accept(Duration.between(begin, Instant.now()));
                        });
    }

    private void preStop(String id) throws InterruptedException {
        LifecycleHandler hook = container.getLifecycle() == null
                ? null
                : container.getLifecycle().getPreStop();
        if (hook != null) {
            // Its failure is no reason not to stop the container.
            var _ = pod.prober().hook(hook, container, id);
        }
    }
}
