package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An image as a volume: its layers as one tree, or a part of that, where a bind mount wants it. */
@NeedsRoot
class LayeredVolumeTest {
    private static final String SOURCE = "/volumes/image";

    @TempDir
    Path dir;

    @TempDir
    Path image;

    private Path top;
    private Path bottom;

    @BeforeEach
    void layers() throws IOException {
        top = Files.createDirectories(image.resolve("top"));
        bottom = Files.createDirectories(image.resolve("bottom"));
        Files.writeString(top.resolve("both"), "of the top");
        Files.writeString(bottom.resolve("both"), "of the bottom");
        Files.createDirectories(bottom.resolve("etc/app"));
        Files.writeString(bottom.resolve("etc/app/settings"), "settings");
        Files.createSymbolicLink(top.resolve("absolute"), Path.of("/etc/app"));
        Files.createSymbolicLink(top.resolve("upwards"), Path.of("../../../../etc/app"));
        Files.createSymbolicLink(top.resolve("nowhere"), Path.of("/etc/hostname"));
    }

    private void build(TestRootfs rootfs, String subPath, String linux) throws IOException {
        rootfs.volumes = Map.of(SOURCE, new LayeredVolume(List.of(top, bottom), subPath));
        rootfs.build(
                """
                {'mounts': [{'destination': '/of-the-host', 'type': 'bind', 'source': 'HOST', 'options': ['rbind']},
                            {'destination': '/image', 'type': 'bind', 'source': 'SOURCE', 'options': ['rbind', 'ro']},
                            {'destination': '/of-its-name', 'type': 'tmpfs', 'source': 'SOURCE', 'options': []}],
                 'linux': {LINUX}}
                """.replace("HOST", top.toString()).replace("SOURCE", SOURCE).replace("LINUX", linux));
    }

    @Test
    void theLayersAreOneTreeThatNobodyWritesTo() throws Exception {
        List<String> before = PrivateMounts.table();
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            build(rootfs, "", "");
            assertThat(rootfs.read("/image/both")).isEqualTo("of the top");
            assertThat(rootfs.read("/image/etc/app/settings")).isEqualTo("settings");
            assertThat(rootfs.mountAt("/image").type()).isEqualTo("overlay");
            assertThat(rootfs.mountAt("/image").superOptions())
                    .as("without an upper directory")
                    .contains("ro");
            assertThat(rootfs.mountAt("/of-its-name").type()).isEqualTo("tmpfs");
            assertThat(rootfs.inside(() -> Files.exists(rootfs.at("/of-the-host/etc"))))
                    .isFalse();
            rootfs.inside(() -> {
                try (Fd there = Openat.open(Fd.CWD, rootfs.at("/image").toString(), EnumSet.of(OpenFlag.PATH), 0)) {
                    assertThatThrownBy(() -> Openat.makeDirectory(there, "new", 0755))
                            .hasMessageContaining("EROFS");
                }
                return true;
            });
        }
        assertThat(PrivateMounts.table()).as("mounts of the machine").isEqualTo(before);
    }

    @ParameterizedTest(name = "sub path {0}")
    @CsvSource({
        "etc/app,          /settings",
        "/etc/app/,        /settings",
        "absolute,         /settings",
        "upwards,          /settings",
        "../../etc/app,    /settings",
        "etc/app/settings, ''"
    })
    void aPartOfItIsFoundAsTheImageSeesIt(String subPath, String file) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            build(rootfs, subPath, "");
            assertThat(rootfs.read("/image" + file)).isEqualTo("settings");
        }
    }

    @ParameterizedTest(name = "sub path {0}")
    @CsvSource({
        "missing,    sub path missing: the image has no such file or directory",
        "nowhere,    sub path nowhere: the image has no such file or directory",
        "both/below, sub path both/below of the image"
    })
    void whatIsNotThereIsSaid(String subPath, String words) throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> build(rootfs, subPath, ""))
                    .hasMessageContaining("/image")
                    .hasMessageContaining(words);
        }
    }

    @Test
    void itsFilesBelongToTheContainersUsers() throws Exception {
        try (TestRootfs rootfs = TestRootfs.in(dir, "--user")) {
            build(rootfs, "etc", TestInit.MAPPINGS);
            assertThat(rootfs.read("/image/app/settings")).isEqualTo("settings");
            assertThat(rootfs.inside(() ->
                            Stat.ofPath(rootfs.at("/image/app").toString()).uid()))
                    .isEqualTo(TestInit.FIRST_HOST_ID);
        }
    }

    @Test
    void aContainerInTheHostsMountNamespaceHasNone() throws Exception {
        List<String> before = PrivateMounts.table();
        PrivateMounts.run(() -> {
            try (TestRootfs rootfs = new TestRootfs(dir, TestInit.withoutMountNamespace())) {
                assertThatThrownBy(() -> build(rootfs, "", ""))
                        .hasMessageContaining("needs a container with a mount namespace of its own");
            }
        });
        assertThat(PrivateMounts.table()).as("mounts of the machine").isEqualTo(before);
    }

    @Test
    void aLayerThatIsNotThereIsNamedAndOneAloneIsNoVolume() throws Exception {
        assertThatThrownBy(() -> new LayeredVolume(List.of(top), "")).hasMessage("a volume of 1 layers");
        bottom = image.resolve("missing");
        try (TestRootfs rootfs = TestRootfs.in(dir)) {
            assertThatThrownBy(() -> build(rootfs, "", ""))
                    .hasMessageContaining("/image")
                    .hasMessageContaining(bottom.toString());
        }
    }
}
