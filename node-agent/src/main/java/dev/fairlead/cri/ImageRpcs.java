package dev.fairlead.cri;

import dev.fairlead.cri.v1.AuthConfig;
import dev.fairlead.cri.v1.FilesystemIdentifier;
import dev.fairlead.cri.v1.FilesystemUsage;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageFsInfoRequest;
import dev.fairlead.cri.v1.ImageFsInfoResponse;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ImageStatusResponse;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.ListImagesRequest;
import dev.fairlead.cri.v1.ListImagesResponse;
import dev.fairlead.cri.v1.PullImageRequest;
import dev.fairlead.cri.v1.PullImageResponse;
import dev.fairlead.cri.v1.RemoveImageRequest;
import dev.fairlead.cri.v1.RemoveImageResponse;
import dev.fairlead.cri.v1.UInt64Value;
import dev.fairlead.image.FsUsage;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.Reference;
import dev.fairlead.image.registry.RegistryCredentials;
import dev.fairlead.image.store.ImageStore;
import dev.fairlead.pod.RuntimeHandlers;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** The calls of ImageService. */
final class ImageRpcs {
    private final ImageStore images;

    ImageRpcs(ImageStore images) {
        this.images = images;
    }

    ListImagesResponse list(ListImagesRequest request) throws IOException {
        return ListImagesResponse.newBuilder()
                .addAllImages(items(request.getFilter().getImage()))
                .build();
    }

    /** All images, or the one that {@code filter} names where it names one. */
    List<Image> items(ImageSpec filter) throws IOException {
        if (filter.getImage().isEmpty()) {
            return images.list().stream().map(ImageRpcs::message).toList();
        }
        return images.find(filter.getImage()).map(ImageRpcs::message).stream().toList();
    }

    /** An image that is not here is no error but an empty answer (api.proto, ImageStatus). */
    ImageStatusResponse status(ImageStatusRequest request) throws IOException {
        ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
        Optional<dev.fairlead.image.Image> found =
                images.find(request.getImage().getImage());
        found.map(ImageRpcs::message).ifPresent(response::setImage);
        if (request.getVerbose() && found.isPresent()) {
            response.putInfo("info", VerboseInfo.of(found.get()));
        }
        return response.build();
    }

    PullImageResponse pull(PullImageRequest request) throws IOException, InterruptedException {
        RuntimeHandlers.requireKnown(request.getImage().getRuntimeHandler());
        Reference reference = Reference.parse(request.getImage().getImage());
        AuthConfig auth = request.getAuth();
        Optional<RegistryCredentials> credentials = RegistryCredentials.fromAuthConfig(
                auth.getUsername(),
                auth.getPassword(),
                auth.getAuth(),
                auth.getIdentityToken(),
                auth.getRegistryToken(),
                auth.getServerAddress(),
                reference.registry());
        try {
            var image = images.pull(reference, credentials, PullProgress.NONE);
            return PullImageResponse.newBuilder()
                    .setImageRef(image.id().toString())
                    .build();
        } catch (ImageException e) {
            throw StatusMapper.toStatus(
                    "PullImage", "image " + request.getImage().getImage(), e);
        }
    }

    /** Idempotent (api.proto): no error where the image is gone. An id stands for all of its names. */
    RemoveImageResponse remove(RemoveImageRequest request) throws IOException {
        Optional<dev.fairlead.image.Image> found =
                images.find(request.getImage().getImage());
        if (found.isPresent()) {
            // Whatever name was given, the image goes with all of them: that is what the kubelet's garbage collection
            // means.
            images.remove(found.get().id().toString());
        }
        return RemoveImageResponse.getDefaultInstance();
    }

    ImageFsInfoResponse fsInfo(ImageFsInfoRequest request) throws IOException {
        FsUsage usage = images.usage();
        FilesystemUsage message = FilesystemUsage.newBuilder()
                .setTimestamp(System.currentTimeMillis() * 1_000_000)
                .setFsId(FilesystemIdentifier.newBuilder()
                        .setMountpoint(usage.directory().toString()))
                .setUsedBytes(UInt64Value.newBuilder().setValue(usage.bytes()))
                .setInodesUsed(UInt64Value.newBuilder().setValue(usage.inodes()))
                .build();
        return ImageFsInfoResponse.newBuilder()
                .addImageFilesystems(message)
                .addContainerFilesystems(message)
                .build();
    }

    private static Image message(dev.fairlead.image.Image image) {
        Image.Builder message = Image.newBuilder()
                .setId(image.id().toString())
                .addAllRepoTags(image.repoTags())
                .addAllRepoDigests(image.repoDigests())
                .setSize(image.size())
                .setSpec(ImageSpec.newBuilder().setImage(image.id().toString()))
                .setPinned(image.pinned());
        image.uid().ifPresent(uid -> message.setUid(Int64Value.newBuilder().setValue(uid)));
        image.username().ifPresent(message::setUsername);
        return message.build();
    }
}
