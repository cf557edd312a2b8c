package dev.fairlead.cri;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Function;

/**
 * Answers a list call by a stream of messages with a few items each, so that no node has too many items for one message. The next items are
 * turned into a message when the client has taken the ones before: one that does not read keeps nothing but the list of what is left.
 *
 * <p>Its methods are run by one thread at a time, as gRPC calls the handlers of one call.
 */
final class ListStream<S, T, R> {
    /** Items a message. At the largest, an image or metrics of a pod, that is far below the kubelet's 16 MiB. */
    static final int CHUNK = 50;

    private final String method;
    private final ServerCallStreamObserver<R> call;
    private final List<S> sources;
    private final Items<S, T> items;
    private final Function<List<T>, R> message;
    private int next;
    private boolean ended;

    /** What becomes of some of the things that are listed; those that vanished meanwhile give no item. */
    interface Items<S, T> {
        List<T> of(List<S> some) throws Exception;
    }

    private ListStream(
            String method,
            ServerCallStreamObserver<R> call,
            List<S> sources,
            Items<S, T> items,
            Function<List<T>, R> message) {
        this.method = method;
        this.call = call;
        this.sources = sources;
        this.items = items;
        this.message = message;
    }

    /**
     * Sends what {@code sources} has. To be called while the call's method runs, and as its last step.
     * @param items makes items of some sources
     * @param message makes a message of some items, of at least one
     */
    static <S, T, R> void send(
            String method,
            StreamObserver<R> response,
            Answer.Body<List<S>> sources,
            Items<S, T> items,
            Function<List<T>, R> message) {
        ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) response;
        List<S> all;
        try {
            all = sources.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            call.onError(StatusMapper.toStatus(method, e));
            return;
        } catch (Exception | LinkageError e) {
            call.onError(StatusMapper.toStatus(method, e));
            return;
        }
        ListStream<S, T, R> stream = new ListStream<>(method, call, all, items, message);
        // With a handler, what is sent to a client that is gone is dropped instead of failing.
        call.setOnCancelHandler(() -> stream.ended = true);
        call.setOnReadyHandler(stream::go);
        stream.go();
    }

    private void go() {
        while (!ended && call.isReady()) {
            try {
                List<T> some = nextItems();
                if (some.isEmpty()) {
                    ended = true;
                    call.onCompleted();
                } else {
                    call.onNext(message.apply(some));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                fail(e);
            } catch (Exception | LinkageError e) {
                fail(e);
            }
        }
    }

    private void fail(Throwable e) {
        ended = true;
        call.onError(StatusMapper.toStatus(method, e));
    }

    /** None at the end alone. */
    private List<T> nextItems() throws Exception {
        while (next < sources.size()) {
            List<S> some = sources.subList(next, Math.min(next + CHUNK, sources.size()));
            next += some.size();
            List<T> made = items.of(some);
            if (!made.isEmpty()) {
                return made;
            }
        }
        return List.of();
    }
}
