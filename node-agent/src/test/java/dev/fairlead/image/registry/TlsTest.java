package dev.fairlead.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.ImageException;
import dev.fairlead.image.Reference;
import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private Path directory;

    @SuppressWarnings("NullAway.Init") // each test starts it, with its own identity
    private TestRegistry registry;

    @AfterEach
    void stop() {
        registry.close();
    }

    /** A key and its own certificate for 127.0.0.1, by the JDK's keytool. */
    private KeyStore identity(String name, String algorithm) throws Exception {
        Path file = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("keytool").toFile())
                .start();
        assertThat(keytool.waitFor())
                .as(() -> "keytool; see " + directory.resolve("keytool"))
                .isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        writePem(
                name + ".pem",
                "CERTIFICATE",
                Objects.requireNonNull(store.getCertificate(name)).getEncoded());
        writePem(
                name + ".key",
                "PRIVATE KEY",
                Objects.requireNonNull(store.getKey(name, PASSWORD)).getEncoded());
        return store;
    }

    private void writePem(String file, String kind, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                directory.resolve(file), "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    private void start(KeyStore server, Optional<KeyStore> trusted) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(server, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted.orElse(server));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        registry = trusted.isPresent() ? TestRegistry.startForClients(context) : TestRegistry.start(context);
        new TestImage().layer(TestImage.tar().file("a", "a")).push(registry, "app", "1");
    }

    private FetchedManifest pull(String hostsToml) throws Exception {
        Path host = Files.createDirectories(directory.resolve("certs").resolve(registry.host()));
        Files.writeString(host.resolve("hosts.toml"), "server = \"https://" + registry.host() + "\"\n" + hostsToml);
        RegistryConfig config = new RegistryConfig(
                List.of(directory.resolve("certs")),
                TargetPlatform.ofThisMachine(),
                1,
                new RetryPolicy(1, Duration.ZERO, Duration.ZERO));
        return new RegistryClient(config)
                .open(Reference.parse(registry.host() + "/app:1"), Optional.empty())
                .manifest("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void anAuthorityOfTheFileIsTrusted(String algorithm) throws Exception {
        start(identity("server", algorithm), Optional.empty());

        assertThat(pull("ca = \"" + directory.resolve("server.pem") + "\"\n").content())
                .isNotEmpty();
    }

    @Test
    void aStrangerIsNotTrustedUnlessTheFileSaysSo() throws Exception {
        start(identity("server", "EC"), Optional.empty());

        assertThatThrownBy(() -> pull(""))
                .isInstanceOf(ImageException.Unavailable.class)
                .hasMessageContaining("SSLHandshakeException")
                .hasMessageContaining("unable to find valid certification path");
        assertThat(pull("skip_verify = true\n").content()).isNotEmpty();
    }

    @Test
    void ourCertificateIsShown() throws Exception {
        KeyStore client = identity("client", "RSA");
        start(identity("server", "EC"), Optional.of(client));
        String trust = "ca = \"" + directory.resolve("server.pem") + "\"\n";

        assertThat(pull(trust + "client = [[\"" + directory.resolve("client.pem") + "\", \""
                                + directory.resolve("client.key") + "\"]]\n")
                        .content())
                .isNotEmpty();
        assertThatThrownBy(() -> pull(trust)).isInstanceOf(ImageException.Unavailable.class);
    }

    @Test
    void aKeyInTheOldFormatIsReadToo() throws Exception {
        KeyStore client = identity("client", "RSA");
        start(identity("server", "EC"), Optional.of(client));
        byte[] pkcs8 = Objects.requireNonNull(client.getKey("client", PASSWORD)).getEncoded();
        // PKCS#8 of RSA is 26 bytes around PKCS#1: two sequences with long lengths, version, algorithm, octets.
        byte[] pkcs1 = java.util.Arrays.copyOfRange(pkcs8, 26, pkcs8.length);
        writePem("client.key", "RSA PRIVATE KEY", pkcs1);
        Files.writeString(
                directory.resolve("both.pem"),
                Files.readString(directory.resolve("client.pem")) + Files.readString(directory.resolve("client.key")),
                StandardCharsets.US_ASCII);

        assertThat(pull("skip_verify = true\nclient = \"" + directory.resolve("both.pem") + "\"\n")
                        .content())
                .isNotEmpty();
    }

    @Test
    void filesThatCannotBeUsedAreNamed() throws Exception {
        start(identity("server", "EC"), Optional.empty());
        Files.writeString(directory.resolve("empty.pem"), "");

        assertThatThrownBy(() -> pull("ca = \"/nonexistent/ca.pem\"\n"))
                .isInstanceOf(ImageException.BadConfiguration.class)
                .hasMessageContaining("/nonexistent/ca.pem");
        assertThatThrownBy(() -> pull("ca = \"" + directory.resolve("empty.pem") + "\"\n"))
                .isInstanceOf(ImageException.BadConfiguration.class)
                .hasMessageContaining("empty.pem");
        assertThatThrownBy(() -> pull("client = \"" + directory.resolve("server.pem") + "\"\n"))
                .isInstanceOf(ImageException.BadConfiguration.class)
                .hasMessageContaining("no private key");
    }
}
