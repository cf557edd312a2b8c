package dev.fairlead.e2e;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** What a stream of messages has brought so far; of one that is read by hand, a message is taken when it is asked for. */
final class Received<Q, R> implements ClientResponseObserver<Q, R> {
    private final boolean byHand;
    private final List<R> messages = new CopyOnWriteArrayList<>();
    private volatile @Nullable ClientCallStreamObserver<Q> call;
    private volatile @Nullable Status end;

    private Received(boolean byHand) {
        this.byHand = byHand;
    }

    /** Reads as fast as messages come. */
    static <Q, R> Received<Q, R> all() {
        return new Received<>(false);
    }

    /** Reads what {@link #request} asks for. */
    static <Q, R> Received<Q, R> byHand() {
        return new Received<>(true);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<Q> requests) {
        call = requests;
        if (byHand) {
            requests.disableAutoRequestWithInitial(0);
        }
    }

    @Override
    public void onNext(R message) {
        messages.add(message);
    }

    @Override
    public void onError(Throwable failure) {
        end = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
        end = Status.OK;
    }

    void request(int count) {
        call().request(count);
    }

    void cancel() {
        call().cancel("the test needs no more", null);
    }

    private ClientCallStreamObserver<Q> call() {
        ClientCallStreamObserver<Q> started = call;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    List<R> messages() {
        return messages;
    }

    /** How the stream ended; empty while it has not. */
    Optional<Status> end() {
        return Optional.ofNullable(end);
    }

    Status awaitEnd(Duration atMost) {
        return Wait.until("the stream has ended", atMost, this::end, Optional::isPresent)
                .orElseThrow();
    }
}
