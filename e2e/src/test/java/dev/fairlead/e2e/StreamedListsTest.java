package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerFilter;
import dev.fairlead.cri.v1.ContainerStats;
import dev.fairlead.cri.v1.ContainerStatsFilter;
import dev.fairlead.cri.v1.ListContainersRequest;
import dev.fairlead.cri.v1.ListImagesRequest;
import dev.fairlead.cri.v1.ListPodSandboxRequest;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxMetrics;
import dev.fairlead.cri.v1.PodSandboxStats;
import dev.fairlead.cri.v1.StreamContainerStatsRequest;
import dev.fairlead.cri.v1.StreamContainersRequest;
import dev.fairlead.cri.v1.StreamContainersResponse;
import dev.fairlead.cri.v1.StreamImagesRequest;
import dev.fairlead.cri.v1.StreamPodSandboxMetricsRequest;
import dev.fairlead.cri.v1.StreamPodSandboxStatsRequest;
import dev.fairlead.cri.v1.StreamPodSandboxesRequest;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The lists that come in several messages: all of them, each item once, as fast as they are read. */
@OnNode
class StreamedListsTest {
    private static final int CONTAINERS = 110;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Node node;

    StreamedListsTest(Node node) {
        this.node = node;
    }

    private static <R, T> List<T> all(Iterator<R> stream, Function<R, List<T>> items) {
        List<T> all = new ArrayList<>();
        stream.forEachRemaining(message -> {
            assertThat(items.apply(message)).as("items of a message").isNotEmpty();
            all.addAll(items.apply(message));
        });
        return all;
    }

    @Test
    void streamsAndListsAreTheSame() {
        Pod first = node.runPod("first");
        Pod second = node.runPod("second");
        Container running = first.run(Node.command("sleep", "1000"));
        Container created = second.create(Node.command("sleep", "1000"));
        var runtime = node.cri().runtime();
        assertThat(all(
                        runtime.streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance()),
                        message -> message.getPodSandboxesList()))
                .containsExactlyInAnyOrderElementsOf(runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsList());
        assertThat(all(
                        runtime.streamContainers(StreamContainersRequest.getDefaultInstance()),
                        StreamContainersResponse::getContainersList))
                .containsExactlyInAnyOrderElementsOf(runtime.listContainers(ListContainersRequest.getDefaultInstance())
                        .getContainersList())
                .extracting(dev.fairlead.cri.v1.Container::getId)
                .contains(running.id(), created.id());
        assertThat(all(
                        runtime.streamContainers(StreamContainersRequest.newBuilder()
                                .setFilter(ContainerFilter.newBuilder().setPodSandboxId(second.id()))
                                .build()),
                        StreamContainersResponse::getContainersList))
                .extracting(dev.fairlead.cri.v1.Container::getId)
                .containsExactly(created.id());
        assertThat(all(
                        runtime.streamContainerStats(StreamContainerStatsRequest.getDefaultInstance()),
                        message -> message.getContainerStatsList()))
                .extracting((ContainerStats stats) -> stats.getAttributes().getId())
                .containsExactly(running.id());
        assertThat(all(
                        runtime.streamPodSandboxStats(StreamPodSandboxStatsRequest.getDefaultInstance()),
                        message -> message.getPodSandboxStatsList()))
                .extracting((PodSandboxStats stats) -> stats.getAttributes().getId())
                .containsExactlyInAnyOrder(first.id(), second.id());
        assertThat(all(
                        runtime.streamPodSandboxMetrics(StreamPodSandboxMetricsRequest.getDefaultInstance()),
                        message -> message.getPodSandboxMetricsList()))
                .extracting(PodSandboxMetrics::getPodSandboxId)
                .containsExactlyInAnyOrder(first.id(), second.id());
        assertThat(all(
                        node.cri().images().streamImages(StreamImagesRequest.getDefaultInstance()),
                        message -> message.getImagesList()))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(node.cri()
                        .images()
                        .listImages(ListImagesRequest.getDefaultInstance())
                        .getImagesList());
        assertThat(runtime.streamContainerStats(StreamContainerStatsRequest.newBuilder()
                        .setFilter(ContainerStatsFilter.newBuilder().setId("nobody"))
                        .build()))
                .as("of nothing, no message")
                .isExhausted();
    }

    @Test
    @OnlyFairlead // how many items a message has is the runtime's choice
    void aSlowReaderGetsWhatItAsksForAndEachItemOnce() {
        Pod pod = node.runPod("crowd", config -> {
            config.getLinuxBuilder()
                    .getSecurityContextBuilder()
                    .getNamespaceOptionsBuilder()
                    .setNetwork(NamespaceMode.NODE);
            return config;
        });
        List<String> made = new ArrayList<>();
        for (int number = 0; number < CONTAINERS; number++) {
            made.add(pod.create(Node.command("true").putAnnotations("note", "x".repeat(4096)))
                    .id());
        }
        Received<StreamContainersRequest, StreamContainersResponse> slow = Received.byHand();
        node.cri().streams().streamContainers(StreamContainersRequest.getDefaultInstance(), slow);
        Wait.pause(Duration.ofMillis(300));
        assertThat(slow.messages()).isEmpty();
        List<String> seen = new ArrayList<>();
        for (int message = 1; slow.end().isEmpty(); message++) {
            int upTo = message;
            slow.request(1);
            Wait.until(
                    "a message or the end",
                    SOON,
                    () -> slow.messages().size(),
                    size -> size == upTo || slow.end().isPresent());
            assertThat(message).as("messages").isLessThan(20);
        }
        assertThat(slow.awaitEnd(SOON).getCode()).isEqualTo(Status.Code.OK);
        assertThat(slow.messages()).hasSizeGreaterThan(2);
        slow.messages().forEach(message -> message.getContainersList().forEach(each -> seen.add(each.getId())));
        assertThat(seen).containsExactlyInAnyOrderElementsOf(made);
    }
}
