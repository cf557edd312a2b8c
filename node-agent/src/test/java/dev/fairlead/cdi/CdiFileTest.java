package dev.fairlead.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.spec.InvalidConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CdiFileTest {
    private static final String ENV = "{\"env\": [\"A=1\"]}";

    @TempDir
    Path directory;

    private CdiSpec read(String version, String kind, String device, String edits) throws IOException {
        return CdiFile.read(
                Files.writeString(directory.resolve("file.json"), """
                {"cdiVersion": "%s", "kind": "%s", "devices": [{"name": "%s", "containerEdits": %s}]}""".formatted(version, kind, device, edits)));
    }

    @ParameterizedTest(name = "{0}: {1} {2} {3}")
    @CsvSource(quoteCharacter = '`', textBlock = """
            0.4.0, v/c,   a, `{"mounts": [{"hostPath": "/a", "containerPath": "/b", "type": "tmpfs"}]}`
            0.5.0, v/c,   1, `{"env": ["A=1"]}`
            0.5.0, v/c,   a, `{"deviceNodes": [{"path": "/dev/a", "hostPath": "/dev/b"}]}`
            0.6.0, v/c.d, a, `{"env": ["A=1"]}`
            0.7.0, v/c,   a, `{"additionalGids": [1]}`
            0.7.0, v/c,   a, `{"intelRdt": {"closID": "x"}}`
            1.1.0, v/c,   a, `{"netDevices": [{"hostInterfaceName": "e", "name": "f"}]}`
            1.1.0, v/c,   a, `{"intelRdt": {"enableMonitoring": true}}`
            """)
    void whatCameWithAVersionIsRefusedInFilesOfOneBefore(String version, String kind, String device, String edits)
            throws Exception {
        assertThat(read(version, kind, device, edits).devices()).hasSize(1);
        List<String> all = List.of("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0");
        String before = all.get(all.indexOf(version) - 1);
        assertThatThrownBy(() -> read(before, kind, device, edits))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cdiVersion: " + before);
    }

    @ParameterizedTest(name = "{0} {1} {2} {3}")
    @CsvSource(quoteCharacter = '`', textBlock = """
            2.0.0, v/c, a,  `{"env": ["A=1"]}`, cdiVersion
            1.0.0, vc,  a,  `{"env": ["A=1"]}`, kind
            1.0.0, v/c, -a, `{"env": ["A=1"]}`, no name of a device
            1.0.0, v/c, a,  `{}`, no containerEdits
            1.0.0, v/c, a,  `{"env": ["=1"]}`, NAME=value
            1.0.0, v/c, a,  `{"enw": ["A=1"]}`, enw
            1.0.0, v/c, a,  `{"deviceNodes": [{"path": "dev/a"}]}`, not absolute
            1.0.0, v/c, a,  `{"deviceNodes": [{"path": "/dev/a", "type": "x"}]}`, type
            1.0.0, v/c, a,  `{"deviceNodes": [{"path": "/dev/a", "permissions": "x"}]}`, permissions
            1.0.0, v/c, a,  `{"mounts": [{"containerPath": "/b"}]}`, hostPath
            1.0.0, v/c, a,  `{"mounts": [{"hostPath": "/a", "containerPath": "b"}]}`, containerPath
            1.0.0, v/c, a,  `{"hooks": [{"hookName": "later", "path": "/bin/true"}]}`, later
            1.0.0, v/c, a,  `{"hooks": [{"hookName": "poststop", "path": "true"}]}`, not absolute
            1.0.0, v/c, a,  `{"hooks": [{"hookName": "poststop", "path": "/bin/true", "timeout": 0}]}`, timeout
            """)
    void whatIsNoFileOfCdiIsRefusedInWords(String version, String kind, String device, String edits, String word) {
        assertThatThrownBy(() -> read(version, kind, device, edits))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(word);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[", "[1, 2]", "kind: [v/c", "null"})
    void garbageIsRefused(String text) throws Exception {
        for (String name : List.of("file.json", "file.yaml")) {
            Path file = Files.writeString(directory.resolve(name), text);
            assertThatThrownBy(() -> CdiFile.read(file)).as(name).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"card0", "v/c", "v/c=", "=a", "v=a", "/c=a", "v/=a", "v/c/d=a", "1v/c=a", "v/c-=a", "v/c=a b", ""
            })
    void whatIsNoQualifiedNameIsRefusedInWords(String name) throws Exception {
        assertThatThrownBy(() -> new CdiDevices(List.of(directory)).edits(Set.of(name)))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("vendor/class=name");
    }

    @Test
    void aDamagedFileIsInNobodysWayButToldWhereADeviceIsMissing() throws Exception {
        read("1.0.0", "v/c", "a", ENV);
        Files.writeString(directory.resolve("other.json"), "{");
        CdiDevices devices = new CdiDevices(List.of(directory, directory.resolve("missing")));
        assertThat(devices.edits(Set.of("v/c=a"))).hasSize(2);
        assertThatThrownBy(() -> devices.edits(Set.of("v/c=b")))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining("v/c=b")
                .hasMessageContaining("other.json");
    }
}
