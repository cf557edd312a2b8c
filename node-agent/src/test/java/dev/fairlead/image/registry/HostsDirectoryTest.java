package dev.fairlead.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.registry.Endpoint.Capability;
import dev.fairlead.image.registry.Endpoint.ClientCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostsDirectoryTest {
    @TempDir
    private Path certs;

    @ParameterizedTest(name = "{0} is asked at {1}")
    @CsvSource(textBlock = """
            docker.io,              https://registry-1.docker.io/v2
            registry.example,       https://registry.example/v2
            registry.example:5000,  https://registry.example:5000/v2
            localhost:5000,         http://localhost:5000/v2
            127.0.0.1:5000,         http://127.0.0.1:5000/v2
            [::1]:5000,             http://[::1]:5000/v2
            localhost:443,          https://localhost:443/v2
            127.example.org,        https://127.example.org/v2
            """)
    void aRegistryWithoutFilesIsAskedItself(String registry, String address) throws Exception {
        assertThat(endpoints(registry)).singleElement().satisfies(only -> {
            assertThat(only.base()).hasToString(address);
            assertThat(only.mirror()).isFalse();
        });
    }

    @Test
    void mirrorsComeInTheOrderOfTheFileAndTheServerLast() throws Exception {
        write("docker.io", """
                server = "https://docker.io"

                [host."https://second.example:5000"]
                  capabilities = ["pull"]
                  ca = "ca.pem"
                  dial_timeout = "500ms"
                  [host."https://second.example:5000".header]
                    x-custom = ["one", "two"]

                [host."http://first.example/prefix"]
                  skip_verify = true
                  client = [["/c/a.cert", "/c/a.key"], ["both.pem"]]

                [host."https://third.example/api/docker"]
                  override_path = true
                """);

        List<Endpoint> endpoints = endpoints("docker.io");

        assertThat(endpoints)
                .extracting(endpoint -> endpoint.base().toString())
                .containsExactly(
                        "https://second.example:5000/v2",
                        "http://first.example/prefix/v2",
                        "https://third.example/api/docker",
                        "https://registry-1.docker.io/v2");
        assertThat(endpoints).extracting(Endpoint::mirror).containsExactly(true, true, true, false);
        Endpoint second = endpoints.get(0);
        assertThat(second.capabilities()).containsExactly(Capability.PULL);
        assertThat(second.tls().authorities()).containsExactly(certs.resolve("docker.io/ca.pem"));
        assertThat(second.connectTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(second.headers()).containsEntry("x-custom", List.of("one", "two"));
        assertThat(endpoints.get(1).tls().skipVerify()).isTrue();
        assertThat(endpoints.get(1).tls().clients())
                .containsExactly(
                        new ClientCertificate(Path.of("/c/a.cert"), Path.of("/c/a.key")),
                        new ClientCertificate(
                                certs.resolve("docker.io/both.pem"), certs.resolve("docker.io/both.pem")));
    }

    @Test
    void theDefaultServesWhoeverHasNoFileOfItsOwn() throws Exception {
        write("_default", "[host.\"http://mirror.example\"]\n");
        write("own.example", "server = \"http://own.example\"\n");

        assertThat(endpoints("other.example"))
                .extracting(endpoint -> endpoint.base().toString())
                .containsExactly("http://mirror.example/v2", "https://other.example/v2");
        assertThat(endpoints("own.example"))
                .extracting(endpoint -> endpoint.base().toString())
                .containsExactly("http://own.example/v2");
    }

    @Test
    void portsMayBeSpeltForFileSystemsWithoutColons() throws Exception {
        write("registry.example_5000_", "server = \"http://registry.example:5000\"\n");

        assertThat(endpoints("registry.example:5000"))
                .extracting(endpoint -> endpoint.base().toString())
                .containsExactly("http://registry.example:5000/v2");
    }

    @Test
    void certificatesOfDockerAreTakenWhereThereIsNoHostsToml() throws Exception {
        Path directory = Files.createDirectory(certs.resolve("registry.example"));
        for (String name : List.of("ca.crt", "us.cert", "us.key")) {
            Files.createFile(directory.resolve(name));
        }

        assertThat(endpoints("registry.example").getFirst().tls())
                .isEqualTo(new Endpoint.Tls(
                        List.of(directory.resolve("ca.crt")),
                        List.of(new ClientCertificate(directory.resolve("us.cert"), directory.resolve("us.key"))),
                        false));
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '\'', textBlock = """
            server = 5                                                | server: must be a string
            server = "ftp://x"                                        | not an http or https URL
            skip_verify = "yes"                                       | server.skip_verify: must be true or false
            [host."https://m"]\\ncapabilities = ["fetch"]             | "fetch" is none of pull, resolve, push
            [host."https://m"]\\ndial_timeout = "soon"                | not a duration
            [host."https://m"]\\nclient = [["a", "b", "c"]]           | a pair of certificate and key
            server = "https://x                                       | hosts.toml
            """)
    void aBrokenFileIsNamedWithItsField(String text, String reason) throws Exception {
        write("registry.example", text.replace("\\n", "\n"));

        assertThatThrownBy(() -> endpoints("registry.example"))
                .isInstanceOf(BadConfiguration.class)
                .hasMessageContaining("hosts.toml")
                .hasMessageContaining(reason);
    }

    private List<Endpoint> endpoints(String registry) throws Exception {
        return new HostsDirectory(List.of(certs)).endpoints(registry);
    }

    private void write(String host, String text) throws Exception {
        Files.writeString(Files.createDirectories(certs.resolve(host)).resolve("hosts.toml"), text);
    }
}
