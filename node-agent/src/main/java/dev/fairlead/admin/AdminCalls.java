package dev.fairlead.admin;

import dev.fairlead.admin.v1.AdminGrpc;
import dev.fairlead.admin.v1.LoadRequest;
import dev.fairlead.admin.v1.LoadResponse;
import dev.fairlead.admin.v1.LoadedImage;
import dev.fairlead.admin.v1.PullRequest;
import dev.fairlead.admin.v1.PullResponse;
import dev.fairlead.admin.v1.PulledImage;
import dev.fairlead.image.Image;
import dev.fairlead.image.Reference;
import dev.fairlead.image.registry.RegistryCredentials;
import dev.fairlead.image.store.ImageStore;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Serves {@code fairlead.v1.Admin}. A call blocks its thread: give the server virtual ones. */
public final class AdminCalls extends AdminGrpc.AdminImplBase {
    private final ImageStore images;
    private final Function<Exception, ? extends Throwable> toStatus;

    /** @param toStatus makes of a failure what gRPC sends, with the right code */
    public AdminCalls(ImageStore images, Function<Exception, ? extends Throwable> toStatus) {
        this.images = images;
        this.toStatus = toStatus;
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullResponse> observer) {
        ProgressStream<PullResponse> responses = new ProgressStream<>(
                (ServerCallStreamObserver<PullResponse>) observer,
                progress -> PullResponse.newBuilder().setProgress(progress).build());
        serve(responses, () -> {
            Image image = images.pull(Reference.parse(request.getImage()), credentials(request), responses);
            responses.send(PullResponse.newBuilder()
                    .setImage(PulledImage.newBuilder().setId(image.id().toString()))
                    .build());
        });
    }

    @Override
    public void load(LoadRequest request, StreamObserver<LoadResponse> observer) {
        ProgressStream<LoadResponse> responses = new ProgressStream<>(
                (ServerCallStreamObserver<LoadResponse>) observer,
                progress -> LoadResponse.newBuilder().setProgress(progress).build());
        serve(responses, () -> {
            List<Image> loaded = images.load(Path.of(request.getPath()), responses);
            for (Image image : loaded) {
                responses.send(LoadResponse.newBuilder()
                        .setImage(LoadedImage.newBuilder()
                                .setId(image.id().toString())
                                .addAllNames(image.repoTags()))
                        .build());
            }
        });
    }

    private static Optional<RegistryCredentials> credentials(PullRequest request) {
        return request.hasCredentials()
                ? Optional.of(new RegistryCredentials.Password(
                        request.getCredentials().getUsername(),
                        request.getCredentials().getPassword()))
                : Optional.empty();
    }

    private interface Work {
        void run() throws Exception;
    }

    private void serve(ProgressStream<?> responses, Work work) {
        try {
            work.run();
            responses.complete();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            responses.fail(toStatus.apply(e));
        } catch (Exception e) {
            responses.fail(toStatus.apply(e));
        }
    }
}
