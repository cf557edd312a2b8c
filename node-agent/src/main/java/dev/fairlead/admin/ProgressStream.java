package dev.fairlead.admin;

import dev.fairlead.admin.v1.Layer;
import dev.fairlead.admin.v1.Progress;
import dev.fairlead.image.Digest;
import dev.fairlead.image.PullProgress;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Sends what a pull reports: all layers at once, some times a second, and nothing while the client does not read, so that no message is
 * kept for it. Called from several threads, as pulls report.
 * @param <R> the call's response
 */
final class ProgressStream<R> implements PullProgress {
    private static final long BETWEEN_NANOS = Duration.ofMillis(100).toNanos();

    private final ServerCallStreamObserver<R> observer;
    private final Function<Progress, R> wrap;
    private final Map<Digest, Layer> layers = new LinkedHashMap<>();
    private long sentAt = System.nanoTime() - BETWEEN_NANOS;
    private boolean ended;

    ProgressStream(ServerCallStreamObserver<R> observer, Function<Progress, R> wrap) {
        this.observer = observer;
        this.wrap = wrap;
    }

    @Override
    public synchronized void layer(Digest layer, Phase phase, long done, long total) {
        layers.put(
                layer,
                Layer.newBuilder()
                        .setDigest(layer.toString())
                        .setState(state(phase))
                        .setDoneBytes(done)
                        .setSizeBytes(total)
                        .build());
        long now = System.nanoTime();
        if (!ended && now - sentAt >= BETWEEN_NANOS && observer.isReady() && !observer.isCancelled()) {
            sentAt = now;
            observer.onNext(wrap.apply(
                    Progress.newBuilder().addAllLayers(layers.values()).build()));
        }
    }

    private static Layer.State state(Phase phase) {
        return switch (phase) {
            case DOWNLOADING -> Layer.State.DOWNLOADING;
            case UNPACKING -> Layer.State.UNPACKING;
            case DONE -> Layer.State.DONE;
        };
    }

    synchronized void send(R response) {
        observer.onNext(response);
    }

    synchronized void complete() {
        ended = true;
        observer.onCompleted();
    }

    synchronized void fail(Throwable status) {
        ended = true;
        observer.onError(status);
    }
}
