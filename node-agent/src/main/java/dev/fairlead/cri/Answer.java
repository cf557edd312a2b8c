package dev.fairlead.cri;

import io.grpc.stub.StreamObserver;

/** Answers one unary call. */
final class Answer {
    private Answer() {}

    /** What a call does; it runs on the call's own virtual thread. */
    interface Body<T> {
        T get() throws Exception;
    }

    /** Sends what {@code body} gives, or the status that its exception stands for. */
    static <T> void with(String method, StreamObserver<T> response, Body<T> body) {
        T message;
        try {
            message = body.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            response.onError(StatusMapper.toStatus(method, e));
            return;
        } catch (Exception | LinkageError e) {
            response.onError(StatusMapper.toStatus(method, e));
            return;
        }
        response.onNext(message);
        response.onCompleted();
    }
}
