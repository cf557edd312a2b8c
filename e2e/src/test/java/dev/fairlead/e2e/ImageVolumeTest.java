package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.UserNamespace;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that are mounted as volumes. */
@OnNode
class ImageVolumeTest {
    private static final String VOLUME = "127.0.0.1:5000/volume:1";
    private static final String SETUID = "127.0.0.1:5000/setuid:1";
    private static final int FIRST = 0x7100_0000;

    private final Node node;

    ImageVolumeTest(Node node) {
        this.node = node;
    }

    @BeforeEach
    void pull() {
        node.cri().pull(VOLUME);
    }

    private static Mount.Builder volume(String image, String path) {
        return Mount.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(image))
                .setContainerPath(path)
                .setReadonly(true);
    }

    private static ContainerConfig.Builder idle(Mount.Builder... mounts) {
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        for (Mount.Builder mount : mounts) {
            config.addMounts(mount);
        }
        return config;
    }

    private Container run(Mount.Builder... mounts) {
        return node.runPod("volumes").run(idle(mounts));
    }

    @Test
    void isThereWithAllItsLayersAndReadOnly() {
        Container container = run(volume(VOLUME, "/volume"));
        assertThat(container.exec("cat", "/volume/data/file")).isEqualTo("of the upper layer");
        assertThat(container.exec("cat", "/volume/data/below")).isEqualTo("of the lower layer");
        assertThat(container.exec("sh", "-c", "test -e /volume/data/removed; echo $?"))
                .isEqualTo("1");
        assertThat(container.exec("sh", "-c", "(echo x >/volume/data/file; echo x >/volume/new) 2>&1; true"))
                .contains("Read-only file system");
    }

    /** The layers are those of all containers of the image: no power inside makes them writable. */
    @Test
    void noRemountMakesItWritable() {
        ContainerConfig.Builder config = idle(volume(VOLUME, "/volume"));
        config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
        Container container = node.runPrivilegedPod("volumes").run(config);
        assertThat(
                        container.exec(
                                "sh",
                                "-c",
                                "mount -o remount,bind,rw /volume; mount -o remount,rw /volume; echo x >/volume/data/file; cat /volume/data/file"))
                .isEqualTo("of the upper layer");
    }

    @Test
    void aSubPathStaysInsideTheImage() {
        Container container = run(
                volume(VOLUME, "/directory").setImageSubPath("data"),
                volume(VOLUME, "/file").setImageSubPath("/data/file"),
                volume(VOLUME, "/absolute").setImageSubPath("data/out"),
                volume(VOLUME, "/relative").setImageSubPath("data/up"));
        assertThat(container.exec("cat", "/directory/file", "/file"))
                .isEqualTo("of the upper layer\nof the upper layer");
        // Links to /etc and ../../../../etc: the image's, not the node's.
        assertThat(container.exec("cat", "/absolute/hostname", "/relative/hostname"))
                .isEqualTo("of the image\nof the image");
    }

    @Test
    void whatIsNotThereIsRefusedInWords() {
        Pod pod = node.runPod("volumes");
        Refused.by(() -> pod.create(idle(volume(VOLUME, "/v").setImageSubPath("no/such"))))
                .as(Status.Code.INVALID_ARGUMENT, "/v", "sub path no/such");
        Refused.by(() -> pod.create(idle(volume("127.0.0.1:5000/nobody:1", "/v"))))
                .as(Status.Code.NOT_FOUND, "mounts[0].image", "127.0.0.1:5000/nobody:1", "pull it first");
        Refused.by(() -> pod.create(idle(volume(VOLUME, "/v").setHostPath("/srv"))))
                .as(Status.Code.INVALID_ARGUMENT, "mounts[0]", "host_path /srv", VOLUME);
    }

    /** The kubelet sends every volume's subPath there, with a host path that has it in it. */
    @Test
    void aSubPathOfAnotherKindOfVolumeMeansNothing(@TempDir Path host) throws IOException {
        Files.createDirectories(host.resolve("data"));
        Files.writeString(host.resolve("data/file"), "of the host");
        Container container = run(Mount.newBuilder()
                .setHostPath(host.resolve("data").toString())
                .setContainerPath("/v")
                .setImageSubPath("data"));
        assertThat(container.exec("cat", "/v/file")).isEqualTo("of the host");
    }

    @Test
    void theStatusNamesTheImageByItsDigest() throws IOException {
        Container container = run(volume(VOLUME, "/volume"));
        String digest = container.status().getMounts(0).getImage().getImageRef();
        assertThat(digest).startsWith("127.0.0.1:5000/volume@sha256:");
        assertThat(container.status().getMounts(0).getImage().getImage()).isEqualTo(VOLUME);
        node.daemon().kill();
        node.startDaemon();
        assertThat(container.status().getMounts(0).getImage().getImageRef()).isEqualTo(digest);
        assertThat(container.exec("cat", "/volume/data/file")).isEqualTo("of the upper layer");
    }

    @Test
    void theImageMayBeRemovedMeanwhile() {
        Pod pod = node.runPod("volumes");
        node.cri().pull(SETUID);
        Container container = pod.create(idle(volume(SETUID, "/volume")));
        node.cri().removeImage(SETUID);
        container.start();
        assertThat(container.exec("/volume/bin/euid")).isEqualTo("0");
    }

    @Test
    void inAPodWithUsersOfItsOwnFilesBelongToWhomTheImageSays() {
        UnaryOperator<PodSandboxConfig.Builder> users = config -> {
            IDMapping ids =
                    IDMapping.newBuilder().setHostId(FIRST).setLength(65536).build();
            config.getLinuxBuilder()
                    .getSecurityContextBuilder()
                    .getNamespaceOptionsBuilder()
                    .setUsernsOptions(UserNamespace.newBuilder()
                            .setMode(NamespaceMode.POD)
                            .addUids(ids)
                            .addGids(ids));
            return config;
        };
        Container container = node.runPod("volumes", users)
                .run(idle(volume(VOLUME, "/volume"), volume(VOLUME, "/data").setImageSubPath("data")));
        assertThat(container.exec("stat", "-c", "%u", "/volume/data/file", "/data/file"))
                .isEqualTo("0\n0");
        assertThat(container.exec("cat", "/volume/data/below", "/data/file"))
                .isEqualTo("of the lower layer\nof the upper layer");
    }
}
