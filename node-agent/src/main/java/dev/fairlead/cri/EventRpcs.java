package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerEventResponse;
import dev.fairlead.cri.v1.ContainerEventType;
import dev.fairlead.cri.v1.GetEventsRequest;
import dev.fairlead.pod.LifecycleEvents;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * GetContainerEvents: each step of every sandbox and container, with the statuses of its pod right after it, to all who asked. The kubelet
 * takes a pod's state from an event instead of asking for it (its EventedPLEG), so an event may be late but must not be missing: a
 * subscriber that does not keep up is told so and has to begin anew, with lists.
 */
final class EventRpcs implements LifecycleEvents.Listener {
    /** Of one who reads: the kubelet. More than a few at a time are a mistake. */
    private static final int MOST_SUBSCRIBERS = 64;

    private final List<EventSubscriber> subscribers = new CopyOnWriteArrayList<>();

    void subscribe(GetEventsRequest request, StreamObserver<ContainerEventResponse> response) {
        if (subscribers.size() >= MOST_SUBSCRIBERS) {
            response.onError(Status.RESOURCE_EXHAUSTED
                    .withDescription("GetContainerEvents: " + MOST_SUBSCRIBERS
                            + " clients get events already; end one that nobody needs")
                    .asRuntimeException());
            return;
        }
        EventSubscriber subscriber = new EventSubscriber((ServerCallStreamObserver<ContainerEventResponse>) response);
        // Its handlers are called when this method has returned: the subscriber is on the list by then.
        subscriber.begin(() -> subscribers.remove(subscriber));
        subscribers.add(subscriber);
    }

    @Override
    public void happened(LifecycleEvents.Event event) {
        if (subscribers.isEmpty()) {
            return;
        }
        ContainerEventResponse message = message(event);
        subscribers.removeIf(subscriber -> !subscriber.offer(message));
    }

    private static ContainerEventResponse message(LifecycleEvents.Event event) {
        ContainerEventResponse.Builder message = ContainerEventResponse.newBuilder()
                .setContainerId(event.id())
                .setContainerEventType(type(event.step()))
                .setCreatedAt(event.at())
                // Of a deleted sandbox too: the kubelet reads from it which pod to forget.
                .setPodSandboxStatus(SandboxRpcs.status(event.sandbox()));
        event.containers().forEach(container -> message.addContainersStatuses(ContainerRpcs.status(container)));
        return message.build();
    }

    private static ContainerEventType type(LifecycleEvents.Step step) {
        return switch (step) {
            case CREATED -> ContainerEventType.CONTAINER_CREATED_EVENT;
            case STARTED -> ContainerEventType.CONTAINER_STARTED_EVENT;
            case STOPPED -> ContainerEventType.CONTAINER_STOPPED_EVENT;
            case DELETED -> ContainerEventType.CONTAINER_DELETED_EVENT;
        };
    }

    /** Else a daemon that ends would wait for clients that never end by themselves. */
    @Override
    public void closed() {
        subscribers.forEach(EventSubscriber::daemonEnds);
        subscribers.clear();
    }
}
