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
    private static final int MOST_EVENTS = 1024;

    /** Bytes of them on the wire: annotations may be large. */
    private static final long MOST_BYTES = 16 << 20;

    private final ServerCallStreamObserver<ContainerEventResponse> call;
    private final Queue<ContainerEventResponse> waiting = new ArrayDeque<>();
    /** A call takes messages from one thread at a time. */
    private final ReentrantLock lock = new ReentrantLock();

    private long waitingBytes;
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
            long bytes = event.getSerializedSize();
            if (waiting.size() == MOST_EVENTS || waitingBytes + bytes > MOST_BYTES) {
                fail(Status.RESOURCE_EXHAUSTED.withDescription("GetContainerEvents: " + waiting.size() + " events of "
                        + waitingBytes / 1024
                        + " KiB wait to be read, and no more can be kept; list what there is, and ask again"));
                return false;
            }
            waiting.add(event);
            waitingBytes += bytes;
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
                ContainerEventResponse event = waiting.remove();
                waitingBytes -= event.getSerializedSize();
                call.onNext(event);
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
