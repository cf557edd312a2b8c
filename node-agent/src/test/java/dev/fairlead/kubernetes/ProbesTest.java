package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProbesTest {
    private static final Instant START = Instant.EPOCH;
    private static final ProbeOutcome GOOD = new ProbeOutcome.Success();
    private static final ProbeOutcome BAD = new ProbeOutcome.Failure("no");
    private static final ProbeOutcome OPEN = new ProbeOutcome.Unknown("the daemon is gone");

    @Test
    void withoutProbesAContainerIsReady() throws IOException {
        ContainerProbes probes = probes("");
        assertThat(probes.isReady()).isTrue();
        assertThat(probes.due(START)).isEmpty();
        assertThat(probes.decideReadiness()).isFalse();
    }

    @Test
    void readinessComesAndGoesByItsThresholds() throws IOException {
        ContainerProbes probes = probes(
                "readinessProbe: {exec: {command: [x]}, initialDelaySeconds: 5, periodSeconds: 2, successThreshold: 2, failureThreshold: 2}");
        assertThat(probes.due(at(4))).isEmpty();
        assertThat(answer(probes, 5, GOOD)).containsExactly("readiness");
        assertThat(probes.isReady()).as("once is not twice").isFalse();
        assertThat(probes.due(at(6))).as("a period is two seconds").isEmpty();
        assertThat(answer(probes, 7, GOOD)).hasSize(1);
        assertThat(probes.isReady()).isTrue();
        assertThat(answer(probes, 9, BAD)).hasSize(1);
        assertThat(answer(probes, 11, OPEN)).hasSize(1);
        assertThat(probes.isReady()).as("an unknown answer counts for nothing").isTrue();
        assertThat(answer(probes, 13, BAD)).hasSize(1);
        assertThat(probes.isReady()).isFalse();
    }

    @Test
    void nothingElseIsAskedBeforeTheStartupProbeSucceeds() throws IOException {
        ContainerProbes probes = probes("""
                startupProbe: {exec: {command: [x]}, periodSeconds: 1, failureThreshold: 3}
                livenessProbe: {exec: {command: [x]}, initialDelaySeconds: 1}
                readinessProbe: {exec: {command: [x]}}
                """);
        assertThat(answer(probes, 0, BAD)).containsExactly("startup");
        assertThat(probes.isStarted()).isFalse();
        assertThat(answer(probes, 1, GOOD)).containsExactly("startup");
        assertThat(probes.isStarted()).isTrue();
        assertThat(answer(probes, 1, GOOD)).as("its delay counts from here").containsExactly("readiness");
        assertThat(answer(probes, 2, GOOD)).containsExactly("liveness");
    }

    @Test
    void tooManyFailuresAreFatalButOfReadiness() throws IOException {
        ContainerProbes probes = probes("""
                livenessProbe: {exec: {command: [x]}, periodSeconds: 1, failureThreshold: 2}
                readinessProbe: {exec: {command: [x]}, periodSeconds: 1, failureThreshold: 1}
                """);
        List<ContainerProbes.Due> first = probes.due(START);
        assertThat(probes.end(first.get(0), BAD, START)).isFalse();
        assertThat(probes.end(first.get(1), BAD, START)).isFalse();
        List<ContainerProbes.Due> second = probes.due(at(1));
        assertThat(probes.end(second.get(0), BAD, at(1))).isTrue();
        assertThat(probes.end(second.get(1), BAD, at(1))).isFalse();
    }

    @Test
    void oneProbeIsNotMadeTwiceAtATime() throws IOException {
        ContainerProbes probes = probes("livenessProbe: {exec: {command: [x]}, periodSeconds: 1}");
        assertThat(probes.due(START)).hasSize(1);
        assertThat(probes.due(at(60))).as("the first has not answered").isEmpty();
    }

    private static List<String> answer(ContainerProbes probes, int second, ProbeOutcome outcome) {
        List<ContainerProbes.Due> due = probes.due(at(second));
        due.forEach(one -> {
            var _ = probes.end(one, outcome, at(second));
        });
        return due.stream().map(ContainerProbes.Due::name).toList();
    }

    private static ContainerProbes probes(String container) throws IOException {
        Container app =
                Manifests.container(container).pod().getSpec().getContainers().getFirst();
        return new ContainerProbes(app, START);
    }

    private static Instant at(int second) {
        return START.plusSeconds(second);
    }
}
