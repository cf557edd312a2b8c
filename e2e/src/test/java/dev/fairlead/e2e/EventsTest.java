package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerEventResponse;
import dev.fairlead.cri.v1.ContainerEventType;
import dev.fairlead.cri.v1.ContainerState;
import dev.fairlead.cri.v1.ContainerStatus;
import dev.fairlead.cri.v1.GetEventsRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxState;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GetContainerEvents: each step in the life of pods and containers, to all who ask, with what the kubelet needs to know of the pod. */
@OnNode
class EventsTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int SHORT_LIVES = 20;

    /** More than a daemon lets ask at once. */
    private static final int COMERS_AND_GOERS = 100;

    private final Node node;

    EventsTest(Node node) {
        this.node = node;
    }

    private static final class Subscriber implements AutoCloseable {
        final Received<GetEventsRequest, ContainerEventResponse> received;

        private Subscriber(Received<GetEventsRequest, ContainerEventResponse> received) {
            this.received = received;
        }

        /** The events of one pod, in their order. */
        List<ContainerEventResponse> of(Pod pod) {
            return received.messages().stream()
                    .filter(event -> event.getPodSandboxStatus().getId().equals(pod.id()))
                    .toList();
        }

        @Override
        public void close() {
            received.cancel();
        }
    }

    /** Subscribes, and returns when events do come: a stream has no first message that says so. */
    private Subscriber subscribe() {
        Subscriber subscriber = new Subscriber(Received.all());
        node.cri().streams().getContainerEvents(GetEventsRequest.getDefaultInstance(), subscriber.received);
        Wait.until(
                "an event has come",
                SOON,
                () -> {
                    hostPod("marker", "").remove();
                    return subscriber.received;
                },
                seen -> !seen.messages().isEmpty());
        return subscriber;
    }

    private Pod hostPod(String name, String annotation) {
        return node.runPod(name, config -> {
            config.putAnnotations("note", annotation);
            config.getLinuxBuilder()
                    .getSecurityContextBuilder()
                    .getNamespaceOptionsBuilder()
                    .setNetwork(NamespaceMode.NODE);
            return config;
        });
    }

    private static String step(ContainerEventResponse event, Pod pod, Container container) {
        String whose = event.getContainerId().equals(pod.id())
                ? "pod"
                : event.getContainerId().equals(container.id()) ? "container" : "another";
        return whose + " "
                + event.getContainerEventType().name().replace("CONTAINER_", "").replace("_EVENT", "");
    }

    @Test
    void aWholeLifeInOrder() {
        try (Subscriber subscriber = subscribe()) {
            Pod pod = node.runPod("alive");
            Container container = pod.run(Node.shell("sleep 0.5; exit 3"));
            container.awaitExit();
            container.remove();
            pod.stop();
            pod.remove();
            List<ContainerEventResponse> events =
                    Wait.until("all events have come", SOON, () -> subscriber.of(pod), seen -> seen.size() >= 8);

            assertThat(events.stream().map(event -> step(event, pod, container)))
                    .containsExactly(
                            "pod CREATED",
                            "pod STARTED",
                            "container CREATED",
                            "container STARTED",
                            "container STOPPED",
                            "container DELETED",
                            "pod STOPPED",
                            "pod DELETED");
            assertThat(events.stream().map(ContainerEventResponse::getCreatedAt))
                    .isSorted()
                    .allMatch(at -> at > 0);
            assertThat(events).allSatisfy(event -> {
                assertThat(event.getPodSandboxStatus().getMetadata())
                        .isEqualTo(pod.config().getMetadata());
            });
            assertThat(events.stream().map(event -> event.getPodSandboxStatus().getState()))
                    .startsWith(PodSandboxState.SANDBOX_READY)
                    .endsWith(PodSandboxState.SANDBOX_NOTREADY, PodSandboxState.SANDBOX_NOTREADY);
            assertThat(events.get(1).getPodSandboxStatus().getNetwork().getIp()).isNotEmpty();
            assertThat(events.get(2).getContainersStatusesList())
                    .extracting(ContainerStatus::getState)
                    .containsExactly(ContainerState.CONTAINER_CREATED);
            assertThat(events.get(3).getContainersStatusesList())
                    .extracting(ContainerStatus::getState)
                    .containsExactly(ContainerState.CONTAINER_RUNNING);
            ContainerStatus stopped = events.get(4).getContainersStatuses(0);
            assertThat(stopped.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
            assertThat(stopped.getExitCode()).isEqualTo(3);
            assertThat(stopped.getFinishedAt()).isGreaterThan(stopped.getStartedAt());
            assertThat(events.get(5).getContainersStatusesList())
                    .as("a deleted container is not told of any more")
                    .isEmpty();
        }
    }

    @Test
    void aShortLifeHasAllItsSteps() {
        try (Subscriber subscriber = subscribe()) {
            Pod pod = hostPod("short", "");
            for (int life = 0; life < SHORT_LIVES; life++) {
                Container container = pod.run(Node.command("true"));
                container.awaitExit();
                Wait.until(
                        "its end is told",
                        SOON,
                        () -> subscriber.of(pod).stream()
                                .filter(event -> event.getContainerId().equals(container.id()))
                                .map(ContainerEventResponse::getContainerEventType)
                                .toList(),
                        List.of(
                                ContainerEventType.CONTAINER_CREATED_EVENT,
                                ContainerEventType.CONTAINER_STARTED_EVENT,
                                ContainerEventType.CONTAINER_STOPPED_EVENT)::equals);
                assertThat(container.status().getStartedAt()).isPositive();
                container.remove();
            }
        }
    }

    @Test
    @OnlyFairlead // containerd loses events in that case
    void aSlowSubscriberIsToldSoAndHoldsUpNobody() {
        Received<GetEventsRequest, ContainerEventResponse> slow = Received.byHand();
        try (Subscriber prompt = subscribe()) {
            node.cri().streams().getContainerEvents(GetEventsRequest.getDefaultInstance(), slow);
            String large = "x".repeat(128 << 10);
            List<String> made = new ArrayList<>();
            // Four events each, of 128 KiB: more than 16 MiB that a subscriber may leave waiting.
            for (int number = 0; number < 50; number++) {
                Pod pod = hostPod("many", large);
                made.add(pod.id());
                pod.remove();
                assertThat(Wait.until("its events have come", SOON, () -> prompt.of(pod), seen -> seen.size() == 4))
                        .hasSize(4);
            }
            slow.request(10_000);
            Status end = slow.awaitEnd(SOON);
            assertThat(end.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(end.getDescription()).contains("events", "list what there is");
            assertThat(made)
                    .as("what came before the end is whole: the first events, and none left out between")
                    .startsWith(slow.messages().stream()
                            .map(event -> event.getPodSandboxStatus().getId())
                            .filter(made::contains)
                            .distinct()
                            .toArray(String[]::new));
            assertThat(prompt.received.end()).as("the other goes on").isEmpty();
        } finally {
            slow.cancel();
        }
    }

    @Test
    void subscribersWhoVanishLeaveNothing() {
        for (int number = 0; number < COMERS_AND_GOERS; number++) {
            Received<GetEventsRequest, ContainerEventResponse> brief = Received.all();
            node.cri().streams().getContainerEvents(GetEventsRequest.getDefaultInstance(), brief);
            brief.cancel();
        }
        try (Subscriber subscriber = subscribe()) {
            Pod pod = hostPod("after", "");
            Wait.until("its events come", SOON, () -> subscriber.of(pod), seen -> seen.size() == 2);
        }
    }

    @Test
    @OnlyFairlead
    void aDaemonThatEndsDoesNotWaitForThem() throws Exception {
        try (Subscriber subscriber = subscribe()) {
            long before = System.nanoTime();
            node.daemon().stop();
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
            assertThat(subscriber.received.awaitEnd(SOON).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        } finally {
            node.startDaemon();
        }
    }
}
