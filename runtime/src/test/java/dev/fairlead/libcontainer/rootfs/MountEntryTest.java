package dev.fairlead.libcontainer.rootfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.FileType;
import dev.fairlead.oci.Mount;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How entries of a configuration are understood, before anything is touched. */
class MountEntryTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {"destination": "/a", "type": "tmpfs"}                                    | mounts[3] tmpfs tmpfs -> /a
            {"destination": "/a", "type": "tmpfs", "source": ""}                      | mounts[3] tmpfs tmpfs -> /a
            {"destination": "a/../b", "type": "tmpfs", "source": "x"}                 | mounts[3] tmpfs x -> /b
            {"destination": "/../..", "type": "tmpfs", "source": "x"}                 | mounts[3] tmpfs x -> /
            {"destination": "/a", "source": "/v", "options": ["rbind", "ro"]}         | mounts[3] bind /v -> /a (rbind,ro)
            {"destination": "/a", "type": "none", "source": "/v", "options": ["bind"]}| mounts[3] bind /v -> /a (bind)
            {"destination": "/a", "type": "bind", "source": "/v"}                     | mounts[3] bind /v -> /a
            """)
    void isDescribedAsItIsUnderstood(String json, String described) throws IOException {
        MountEntry entry = entry(json);
        assertThat(entry.describe()).isEqualTo(described);
        assertThat(entry.isBind()).isEqualTo(described.contains(" bind "));
        assertThat(entry.isIdMapped()).isFalse();
        assertThat(entry.isCgroup()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"destination": "/a\\u0000b", "type": "tmpfs"}                 | mounts[3]: a NUL character in "/a\\0b"
            {"destination": "/a", "type": "tmp\\u0000fs"}                  | mounts[3]: a NUL character in "tmp\\0fs"
            {"destination": "/a", "type": "tmpfs", "source": "\\u0000"}    | mounts[3]: a NUL character in "\\0"
            {"destination": "/a", "type": "t", "options": ["a", "\\u0000"]}| mounts[3]: a NUL character in "a,\\0"
            {"destination": "/a"}                                          | mounts[3] -> /a: it has neither a type nor the option bind or rbind
            {"destination": "/a", "type": "bind", "source": "v"}           | mounts[3] -> /a: the source of a bind mount must be an absolute path of the host, not "v"
            {"destination": "/a", "type": "bind"}                          | mounts[3] -> /a: the source of a bind mount must be an absolute path of the host, not ""
            """)
    void isRefusedByItsPlace(String json, String message) {
        assertThatThrownBy(() -> entry(json))
                .isInstanceOf(RootfsException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "options": ["idmap"]
            "options": ["ridmap"]
            "uidMappings": [{"containerID": 0, "hostID": 5, "size": 1}]
            "gidMappings": [{"containerID": 0, "hostID": 5, "size": 1}]
            """)
    void isIdMappedByOptionOrByEitherMapping(String more) throws IOException {
        assertThat(entry("{\"destination\": \"/a\", \"type\": \"bind\", \"source\": \"/v\", " + more + "}")
                        .isIdMapped())
                .isTrue();
    }

    @Test
    void aCgroupIsBoundWithAllBelowItAndOtherwiseAsItIs() throws IOException {
        MountEntry entry =
                entry("{\"destination\": \"/c\", \"type\": \"cgroup\", \"options\": [\"ro\", \"rprivate\"]}");
        assertThat(entry.isCgroup()).isTrue();
        MountEntry bound = entry.boundFrom("/sys/fs/cgroup");
        assertThat(bound.isBind()).isTrue();
        assertThat(bound.isCgroup()).isFalse();
        assertThat(bound.source()).isEqualTo("/sys/fs/cgroup");
        assertThat(bound.options().bind()).isTrue();
        assertThat(bound.options().recursiveBind()).isTrue();
        assertThat(bound.options().requested()).isEqualTo(entry.options().requested());
        assertThat(bound.options().propagation()).isEqualTo(entry.options().propagation());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                                               | 0
            {"uidMappings": [{"containerID": 0, "hostID": 5, "size": 1}]}                    | 1
            {"gidMappings": [{"containerID": 0, "hostID": 5, "size": 1}]}                    | 1
            """)
    void aRequestHasAnIdMapIfItHasEitherMapping(String linux, int maps) throws IOException {
        Spec spec = OciJson.mapper().readValue("{\"linux\": " + linux + "}", Spec.class);
        RootfsRequest request =
                RootfsRequest.of("n", spec, new RootSource.Directory(Path.of("/")), Path.of("/"), RootfsPolicy.DEFAULT);
        assertThat(request.ids().stream().count()).isEqualTo(maps);
        assertThat(request.propagation()).isEmpty();
        assertThat(RootfsRequest.propagationOfRoot(Objects.requireNonNull(spec.linux())))
                .isZero();
    }

    @Test
    void devicesAreTheDefaultOnesAndTheConfigured() throws IOException {
        Spec spec = OciJson.mapper().readValue("""
                {"linux": {"devices": [
                 {"path": "/dev/../dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 4016, "uid": 4294967294, "gid": 9},
                 {"path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2},
                 {"path": "sd", "type": "b", "major": 8, "minor": 1},
                 {"path": "/p", "type": "p", "major": 8, "minor": 1}]}}
                """, Spec.class);
        List<DeviceNode> nodes =
                DeviceNode.all(Objects.requireNonNull(spec.linux()).devices());
        assertThat(nodes.stream().map(DeviceNode::describe))
                .containsExactly(
                        "device /dev/null (character device 1:3)",
                        "device /dev/random (character device 1:8)",
                        "device /dev/full (character device 1:7)",
                        "device /dev/tty (character device 5:0)",
                        "device /dev/zero (character device 1:5)",
                        "device /dev/urandom (character device 1:9)",
                        "device /sd (block device 8:1)",
                        "device /p (fifo 0:0)");
        assertThat(nodes.getFirst().mode())
                .as("04016 decimal is 07660: permission bits alone")
                .isEqualTo(0660);
        assertThat(nodes.getFirst().uid()).isEqualTo(-2);
        assertThat(nodes.getFirst().gid()).isEqualTo(9);
        assertThat(nodes.get(6).mode()).isEqualTo(0666);
        assertThat(nodes.get(6).uid()).isZero();
        assertThat(nodes.get(6).gid()).isZero();
        assertThat(nodes.getLast().type()).isEqualTo(FileType.FIFO);
    }

    @Test
    void quotesAroundAValueAreTakenAwayInPairs() {
        assertThat(NewFileSystem.Option.of("a=\"b").value()).isEqualTo("\"b");
        assertThat(NewFileSystem.Option.of("a=b\"").value()).isEqualTo("b\"");
        assertThat(NewFileSystem.Option.of("a=\"").value()).isEqualTo("\"");
        assertThat(NewFileSystem.Option.of("a=\"\"").value()).isEmpty();
        assertThat(NewFileSystem.Option.of("=b")).isEqualTo(new NewFileSystem.Option("", "b"));
    }

    private static MountEntry entry(String json) throws IOException {
        return MountEntry.of(3, OciJson.mapper().readValue(json, Mount.class));
    }
}
