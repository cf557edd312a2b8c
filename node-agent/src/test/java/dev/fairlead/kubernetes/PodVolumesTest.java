package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodVolumesTest {
    @TempDir
    Path directory;

    private static final String SOURCES = """
            ---
            kind: ConfigMap
            metadata: {name: settings}
            data: {level: debug, port: "80"}
            ---
            kind: Secret
            metadata: {name: login}
            stringData: {password: secret}
            """;

    @Test
    void writesConfigMapsWithTheirModesAndPlaces() throws IOException {
        PodVolumes volumes = volumes("""
                - {name: all, configMap: {name: settings, defaultMode: 0400}}
                - {name: some, configMap: {name: settings, items: [{key: level, path: a/b, mode: 0640}]}}
                - {name: none, configMap: {name: absent, optional: true}}
                """);
        volumes.prepare();
        assertThat(path(volumes, "all").resolve("level")).hasContent("debug");
        assertThat(mode(path(volumes, "all").resolve("port"))).isEqualTo(0400);
        assertThat(path(volumes, "some").resolve("a/b")).hasContent("debug");
        assertThat(mode(path(volumes, "some").resolve("a/b"))).isEqualTo(0640);
        assertThat(path(volumes, "none")).isEmptyDirectory();
        volumes.close();
    }

    @Test
    void anEmptyDirIsEverybodys() throws IOException {
        PodVolumes volumes = volumes("- {name: data, emptyDir: {}}\n- {name: nothing}\n");
        volumes.prepare();
        assertThat(mode(path(volumes, "data"))).isEqualTo(0777);
        assertThat(mode(path(volumes, "nothing"))).isEqualTo(0777);
    }

    @NeedsRoot // gives files to another group, mounts
    @Test
    void secretsAndMemoryAreOnTmpfsAndGoneAtTheEnd() throws Exception {
        PrivateMounts.run(() -> {
            PodVolumes volumes = volumes("""
                    - {name: tls, secret: {secretName: login}}
                    - {name: mem, emptyDir: {medium: Memory, sizeLimit: 8Mi}}
                    - name: all
                      projected:
                        sources:
                        - {secret: {name: login}}
                        - {configMap: {name: settings, items: [{key: port, path: port}]}}
                        - {downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}]}}
                    """);
            try (volumes) {
                volumes.prepare();
                assertThat(path(volumes, "tls").resolve("password")).hasContent("secret");
                assertThat(path(volumes, "all").resolve("labels")).hasContent("app=\"web\"");
                assertThat(path(volumes, "all").resolve("port")).hasContent("80");
                assertThat(PrivateMounts.table())
                        .anyMatch(
                                line -> line.contains("/mem ") && line.contains("tmpfs") && line.contains("size=8192k"))
                        .anyMatch(line -> line.contains("/tls ") && line.contains("tmpfs"));
            }
            assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(directory.toString()));
        });
    }

    @NeedsRoot // gives files to another group
    @Test
    void fsGroupOwnsVolumesAndWhatIsMadeInThem() throws Exception {
        Manifest manifest = Manifests.spec("""
                securityContext: {fsGroup: 2000}
                volumes: [{name: data, emptyDir: {}}]
                containers: [{name: app, image: app:1}]
                """);
        PodVolumes volumes = new PodVolumes(manifest, Manifests.NODE, new PodDirectory(directory));
        volumes.prepare();
        Path data = path(volumes, "data");
        assertThat((int) Files.getAttribute(data, "unix:gid")).isEqualTo(2000);
        assertThat(mode(data)).isEqualTo(02777);
    }

    @NeedsRoot // binds a part of a volume
    @Test
    void aSubPathIsMadeAndBoundAndNeverLeavesItsVolume() throws Exception {
        PrivateMounts.run(() -> {
            PodVolumes volumes = volumes("- {name: data, emptyDir: {}}\n");
            try (volumes) {
                volumes.prepare();
                Path data = path(volumes, "data");
                Path target = SubPaths.bind(data, "a/b", directory.resolve("sub/0"), volumes, "here");
                Files.writeString(target.resolve("file"), "x");
                assertThat(data.resolve("a/b/file")).hasContent("x");

                Files.createSymbolicLink(data.resolve("out"), Path.of("/etc"));
                Files.createSymbolicLink(data.resolve("up"), Path.of("../.."));
                for (String part : Set.of("out", "out/ssl", "up")) {
                    assertThatThrownBy(() -> SubPaths.bind(data, part, directory.resolve("sub/1"), volumes, "here"))
                            .isInstanceOf(ManifestException.class)
                            .hasMessageContaining("leads out of its volume");
                }
                Files.createSymbolicLink(data.resolve("inside"), Path.of("a"));
                assertThat(SubPaths.bind(data, "inside/b", directory.resolve("sub/2"), volumes, "here")
                                .resolve("file"))
                        .hasContent("x");
            }
            assertThat(PrivateMounts.table()).noneMatch(line -> line.contains(directory.toString()));
        });
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            {name: v, configMap: {name: absent}}                                        | spec.volumes[0].configMap: no ConfigMap "absent"
            {name: v, configMap: {name: settings, items: [{key: x, path: x}]}}          | .configMap.items[0].key: ConfigMap "settings" has no key "x"
            {name: v, configMap: {name: settings, items: [{key: port, path: ../x}]}}    | .items[0].path: "../x" must be a relative path
            {name: v, configMap: {name: settings, items: [{key: port, path: /x}]}}      | .items[0].path: "/x" must be a relative path
            {name: v, emptyDir: {medium: HugePages}}                                    | .emptyDir.medium: "HugePages"
            {name: v, hostPath: {path: relative}}                                       | .hostPath.path: must be absolute
            {name: v, hostPath: {path: /a/../b}}                                        | .hostPath.path: ".."
            {name: v, hostPath: {path: /proc/self, type: File}}                         | .hostPath: /proc/self is no file
            {name: v, hostPath: {path: /nowhere, type: Directory}}                      | .hostPath: /nowhere does not exist; a directory must be there
            {name: v, hostPath: {path: /dev/null, type: BlockDevice}}                   | /dev/null is no block device
            {name: v, hostPath: {path: /dev/null, type: Socket}}                        | /dev/null is no socket
            {name: v, hostPath: {path: /dev/null, type: Any}}                           | .hostPath.type: "Any" is none of
            """)
    void refuses(String volume, String message) {
        assertThatThrownBy(() -> volumes("- " + volume + "\n").prepare())
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void makesAndAcceptsHostPathsOfEveryType() throws IOException {
        Path made = directory.resolve("made/here");
        Path file = directory.resolve("file");
        PodVolumes volumes = volumes("""
                - {name: a, hostPath: {path: %s, type: DirectoryOrCreate}}
                - {name: b, hostPath: {path: %s, type: FileOrCreate}}
                - {name: c, hostPath: {path: %s, type: Directory}}
                - {name: d, hostPath: {path: /dev/null, type: CharDevice}}
                - {name: e, hostPath: {path: /whatever}}
                """.formatted(made, file, directory));
        volumes.prepare();
        assertThat(made).isDirectory();
        assertThat(mode(made)).isEqualTo(0755);
        assertThat(file).isRegularFile();
        assertThat(mode(file)).isEqualTo(0644);
        assertThat(path(volumes, "e")).isEqualTo(Path.of("/whatever"));
    }

    private PodVolumes volumes(String list) throws IOException {
        Manifest manifest = Manifests.read("""
                kind: Pod
                metadata: {name: web, uid: 0b2c, labels: {app: web}}
                spec:
                  containers: [{name: app, image: app:1}]
                  volumes:
                """ + list.indent(2) + SOURCES);
        return new PodVolumes(manifest, Manifests.NODE, new PodDirectory(directory));
    }

    private static Path path(PodVolumes volumes, String name) {
        return ((PodVolumes.Source.Host) volumes.source(name)).path();
    }

    private static int mode(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
    }
}
