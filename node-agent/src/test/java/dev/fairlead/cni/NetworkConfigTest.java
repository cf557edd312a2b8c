package dev.fairlead.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.cni.NetworkConfig.PluginConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkConfigTest {
    @TempDir
    private Path directory;

    private static NetworkConfig parse(String json) {
        return NetworkConfig.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            []                                                             | not a JSON object
            {"name":"n","cniVersion":"1.0.0","plugins":[{"type":"a"}]} {}  | line 1
            {"cniVersion":"1.0.0","plugins":[{"type":"a"}]}                | name is missing
            {"name":"a/b","cniVersion":"1.0.0","plugins":[{"type":"a"}]}   | name "a/b"
            {"name":"n","plugins":[{"type":"a"}]}                          | cniVersion is missing
            {"name":"n","cniVersion":"2.0.0","plugins":[{"type":"a"}]}     | cniVersion [2.0.0]: supported are
            {"name":"n","cniVersion":"new","plugins":[{"type":"a"}]}       | "new" is no CNI version
            {"name":"n","cniVersion":"1.0.0","plugins":{}}                 | plugins is not a list
            {"name":"n","cniVersion":"1.0.0","plugins":["a"]}              | plugins[0] is not an object
            {"name":"n","cniVersion":"1.0.0","plugins":[{"type":"a"},{}]}  | plugins[1]: type is missing
            {"name":"n","cniVersion":"1.0.0","plugins":[{"type":"../a"}]}  | is a path
            """)
    void mistakesAreNamed(String json, String message) {
        assertThatThrownBy(() -> parse(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theNewestCommonVersionComesFirst() {
        assertThat(parse("""
                {"name":"n","cniVersion":"1.0.0","cniVersions":["0.3.1","9.0.0","1.1.0"],"plugins":[{"type":"a"}]}""").versions()).hasToString("[1.1.0, 1.0.0, 0.3.1]");
    }

    @Test
    void aSinglePluginIsAListOfOne() {
        NetworkConfig config = parse("""
                {"name":"n","cniVersion":"0.3.1","type":"bridge","capabilities":{"ips":true,"mac":false}}""");
        assertThat(config.plugins()).hasSize(1);
        assertThat(config.plugins().getFirst().type()).isEqualTo("bridge");
        assertThat(config.plugins().getFirst().capabilities()).containsExactly("ips");
    }

    @Test
    void whatIsCachedReadsAsWhatItWas() {
        NetworkConfig config = parse("""
                {"name":"n","cniVersion":"1.0.0","disableCheck":true,"disableGC":true,"plugins":[
                  {"type":"a","capabilities":{"x":true},"ipam":{"type":"host-local"}},{"type":"b"}]}""").with(CniVersion.parse("1.0.0"));
        NetworkConfig again = parse(config.toJson().toString());
        assertThat(again.plugins()).isEqualTo(config.plugins());
        assertThat(again.versions()).isEqualTo(config.versions());
        assertThat(again.disableCheck()).isTrue();
        assertThat(again.disableGc()).isTrue();
    }

    private void write(String name, String type) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(
                file, "{\"name\":\"pods\",\"cniVersion\":\"1.0.0\",\"plugins\":[{\"type\":\"" + type + "\"}]}");
    }

    private static List<String> types(NetworkConfigs configs) throws IOException {
        return configs.current().config().stream()
                .flatMap(config -> config.plugins().stream().map(PluginConfig::type))
                .toList();
    }

    @Test
    void theFirstReadableFileOfTheFirstDirectoryIsTheNetwork() throws IOException {
        NetworkConfigs configs = new NetworkConfigs(List.of(directory.resolve("first"), directory.resolve("second")));
        assertThat(configs.current().why())
                .contains("no network configuration")
                .contains(directory.resolve("second").toString());
        write("second/10-a.conflist", "late");
        assertThat(types(configs)).containsExactly("late");
        write("first/20-b.conflist", "twenty");
        assertThat(types(configs)).containsExactly("twenty");
        write("first/10-c.conf", "ten");
        write("first/00-readme.txt", "ignored");
        assertThat(types(configs)).containsExactly("ten");
        Files.writeString(directory.resolve("first/05-broken.conflist"), "{");
        assertThat(types(configs)).containsExactly("ten");
        Files.delete(directory.resolve("first/10-c.conf"));
        assertThat(types(configs)).containsExactly("twenty");
    }

    @Test
    void aBrokenFileThatIsAloneIsTheReason() throws IOException {
        Files.writeString(directory.resolve("10-x.conflist"), "{\"name\":");
        assertThat(new NetworkConfigs(List.of(directory)).current().why()).contains("10-x.conflist: line 1");
    }

    @Test
    void pluginsInADirectoryOfTheNetworksNameAreAddedBehindItsOwn() throws IOException {
        NetworkConfigs configs = new NetworkConfigs(List.of(directory));
        write("10-pods.conflist", "bridge");
        Files.createDirectory(directory.resolve("pods"));
        Files.writeString(directory.resolve("pods/10-tuning.conf"), "{\"type\":\"tuning\"}");
        assertThat(types(configs)).containsExactly("bridge", "tuning");
        Files.delete(directory.resolve("pods/10-tuning.conf"));
        assertThat(types(configs)).containsExactly("bridge");
    }
}
