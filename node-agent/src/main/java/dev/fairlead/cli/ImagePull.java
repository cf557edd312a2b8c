package dev.fairlead.cli;

import dev.fairlead.admin.v1.Credentials;
import dev.fairlead.admin.v1.PullRequest;
import dev.fairlead.admin.v1.PullResponse;
import dev.fairlead.cri.v1.AuthConfig;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.PullImageRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.Optional;

/** Pulls images and shows how far they are; by plain CRI where the daemon is not ours. */
final class ImagePull {
    private final Daemon daemon;
    private final Terminal terminal;

    /** @param terminal where progress is drawn */
    ImagePull(Daemon daemon, Terminal terminal) {
        this.daemon = daemon;
        this.terminal = terminal;
    }

    /** Pulls and returns the image's id. */
    String pull(String image, Optional<Credentials> credentials) {
        try (ProgressBar bar = new ProgressBar(terminal, "pulling " + image)) {
            PullRequest.Builder request = PullRequest.newBuilder().setImage(image);
            credentials.ifPresent(request::setCredentials);
            return follow(daemon.admin().pull(request.build()), bar);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.UNIMPLEMENTED) {
                throw e;
            }
            return pullByCri(image, credentials);
        }
    }

    private static String follow(Iterator<PullResponse> responses, ProgressBar bar) {
        String id = "";
        while (responses.hasNext()) {
            PullResponse response = responses.next();
            switch (response.getEventCase()) {
                case PROGRESS -> bar.show(response.getProgress());
                case IMAGE -> id = response.getImage().getId();
                case EVENT_NOT_SET -> {} // from a daemon newer than we are
            }
        }
        return id;
    }

    private String pullByCri(String image, Optional<Credentials> credentials) {
        PullImageRequest.Builder request = PullImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(image).setUserSpecifiedImage(image));
        credentials.ifPresent(given -> request.setAuth(
                AuthConfig.newBuilder().setUsername(given.getUsername()).setPassword(given.getPassword())));
        return daemon.images().pullImage(request.build()).getImageRef();
    }
}
