package dev.fairlead.cri;

import dev.fairlead.cri.v1.ContainerEventResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One who gets events: what he has not taken yet waits in a queue with a bound. Nothing here waits for him: gRPC is given an event only
 * while it says that it can pass it on.
 */
final class EventSubscriber {
    /** Events that may wait, of some KiB each: a hundred pods of three containers that start at once have 800. */
    static final int QUEUE = 1024;

    private final ServerCallStreamObserver<ContainerEventResponse> call;
    private final Queue<ContainerEventResponse> waiting = new ArrayDeque<>();
    /** A call takes messages from one thread at a time. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean ended;

    EventSubscriber(ServerCallStreamObserver<ContainerEventResponse> call) {
        this.call = call;
    }

    /** To be called once, while the call's method runs. */
    void begin(Runnable atEnd) {
        call.setOnCancelHandler(() -> {
            end();
            atEnd.run();
        });
        call.setOnReadyHandler(this::pass);
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            waiting.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Takes one more event. False: this subscriber has ended, perhaps by this one. */
    boolean offer(ContainerEventResponse event) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            if (waiting.size() == QUEUE) {
                fail(
                        Status.RESOURCE_EXHAUSTED.withDescription(
                                "GetContainerEvents: " + QUEUE
                                        + " events wait to be read, and the next one would be lost; list what there is, and ask again"));
                return false;
            }
            waiting.add(event);
        } finally {
            lock.unlock();
        }
        pass();
        return true;
    }

    private void pass() {
        lock.lock();
        try {
            while (!ended && call.isReady() && !waiting.isEmpty()) {
                call.onNext(waiting.remove());
            }
        } finally {
            lock.unlock();
        }
    }

    void daemonEnds() {
        lock.lock();
        try {
            if (!ended) {
                fail(Status.UNAVAILABLE.withDescription("GetContainerEvents: the daemon ends"));
            }
        } finally {
            lock.unlock();
        }
    }

    private void fail(Status status) {
        ended = true;
        waiting.clear();
        call.onError(status.asRuntimeException());
    }
}
