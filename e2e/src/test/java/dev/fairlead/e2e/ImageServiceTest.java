package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.FilesystemUsage;
import dev.fairlead.cri.v1.Image;
import dev.fairlead.cri.v1.ImageFilter;
import dev.fairlead.cri.v1.ImageFsInfoRequest;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.ImageStatusRequest;
import dev.fairlead.cri.v1.ListImagesRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The image service: names, digests and ids of one image lead to the same thing. */
@OnNode
class ImageServiceTest {
    private static final String SETUID = "127.0.0.1:5000/setuid:1";
    private static final String LARGE = "127.0.0.1:5000/large:1";

    private final Node node;

    ImageServiceTest(Node node) {
        this.node = node;
    }

    private Image status(String image) {
        return node.cri()
                .images()
                .imageStatus(ImageStatusRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(image))
                        .build())
                .getImage();
    }

    @Test
    void oneImageByAllItsNames() {
        String reference = node.cri().pull(SETUID);
        Image image = status(SETUID);
        assertThat(image.getId()).startsWith("sha256:").isEqualTo(reference);
        assertThat(image.getRepoTagsList()).containsExactly(SETUID);
        assertThat(image.getRepoDigestsList()).hasSize(1);
        assertThat(image.getSize()).isGreaterThan(500_000);
        assertThat(status(image.getId())).isEqualTo(image);
        assertThat(status(image.getId().substring("sha256:".length()))).isEqualTo(image);
        assertThat(status(image.getRepoDigests(0))).isEqualTo(image);
        node.cri().removeImage(SETUID);
        assertThat(status(SETUID).getId()).isEmpty();
        node.cri().removeImage(SETUID); // again: nothing to do
    }

    @Test
    void byDigestWithoutATag() {
        node.cri().pull(SETUID);
        String digest = status(SETUID).getRepoDigests(0);
        node.cri().removeImage(SETUID);
        node.cri().pull(digest);
        Image image = status(digest);
        assertThat(image.getRepoTagsList()).isEmpty();
        assertThat(image.getRepoDigestsList()).containsExactly(digest);
        node.cri().removeImage(image.getId());
        assertThat(status(digest).getId()).isEmpty();
    }

    @Test
    void theRightOneOfAnIndex() {
        String reference = node.cri().pull("127.0.0.1:5000/busybox:1.1");
        assertThat(status("127.0.0.1:5000/busybox:1.1").getId()).isEqualTo(reference);
        node.cri().removeImage("127.0.0.1:5000/busybox:1.1");
        node.cri().pull(Node.BUSYBOX); // removing by name may have removed all names of it
    }

    @Test
    void listedAndFiltered() {
        node.cri().pull(SETUID);
        assertThat(node.cri()
                        .images()
                        .listImages(ListImagesRequest.getDefaultInstance())
                        .getImagesList())
                .extracting(image -> image.getRepoTags(0))
                .contains(SETUID, Node.BUSYBOX);
        if (Daemon.isFairlead()) { // containerd takes no notice of the filter
            assertThat(node.cri()
                            .images()
                            .listImages(ListImagesRequest.newBuilder()
                                    .setFilter(ImageFilter.newBuilder()
                                            .setImage(ImageSpec.newBuilder().setImage(SETUID)))
                                    .build())
                            .getImagesList())
                    .extracting(image -> image.getRepoTags(0))
                    .containsExactly(SETUID);
        }
        node.cri().removeImage(SETUID);
    }

    @Test
    void pullsOfOneImageAtATimeShareTheWork() {
        List<CompletableFuture<String>> pulls = IntStream.range(0, 5)
                .mapToObj(
                        number -> CompletableFuture.supplyAsync(() -> node.cri().pull(LARGE)))
                .toList();
        assertThat(pulls.stream().map(CompletableFuture::join).distinct()).hasSize(1);
        node.cri().removeImage(LARGE);
    }

    @Test
    void itsFileSystemIsKnown() {
        List<FilesystemUsage> usages = node.cri()
                .images()
                .imageFsInfo(ImageFsInfoRequest.getDefaultInstance())
                .getImageFilesystemsList();
        assertThat(usages).isNotEmpty();
        assertThat(Path.of(usages.getFirst().getFsId().getMountpoint())).isDirectory();
        assertThat(usages.getFirst().getUsedBytes().getValue()).isPositive();
        assertThat(usages.getFirst().getTimestamp()).isPositive();
    }
}
