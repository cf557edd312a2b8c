package dev.fairlead.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.ImageException.InvalidReference;
import dev.fairlead.image.registry.RegistryCredentials.IdentityToken;
import dev.fairlead.image.registry.RegistryCredentials.Password;
import dev.fairlead.image.registry.RegistryCredentials.RegistryToken;
import dev.fairlead.oci.Descriptor;
import dev.fairlead.oci.Platform;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Challenges, credentials, platforms and proxies: what is read before anything is asked. */
class RegistryWordsTest {
    @Test
    void challengesAreReadInAnyOrderAndNumber() {
        assertThat(Challenge.parse(List.of(
                        "Bearer scope=\"repository:a/b:pull,push\", realm=\"https://t.example/x?y=1\",error=\"a \\\"b\\\"\"",
                        "Basic realm=plain, Negotiate, Bearer service=s")))
                .containsExactly(
                        new Challenge(
                                "bearer",
                                Map.of(
                                        "scope",
                                        "repository:a/b:pull,push",
                                        "realm",
                                        "https://t.example/x?y=1",
                                        "error",
                                        "a \"b\"")),
                        new Challenge("basic", Map.of("realm", "plain")),
                        new Challenge("negotiate", Map.of()),
                        new Challenge("bearer", Map.of("service", "s")));
        assertThat(Challenge.parse(List.of("", "\"\"", "="))).isEmpty();
    }

    @Test
    void authConfigOfCriIsRead() throws Exception {
        String encoded = Base64.getEncoder().encodeToString("me:se:cret".getBytes(StandardCharsets.UTF_8));

        assertThat(auth("me", "secret", "", "", "", "")).contains(new Password("me", "secret"));
        assertThat(auth("", "", encoded, "", "", "")).contains(new Password("me", "se:cret"));
        assertThat(auth("me", "secret", "", "id", "", "")).contains(new IdentityToken("id"));
        assertThat(auth("me", "secret", "", "id", "reg", "")).contains(new RegistryToken("reg"));
        assertThat(auth("", "", "", "", "", "")).isEmpty();
        assertThat(auth("me", "secret", "", "", "", "https://registry.example/v1/"))
                .contains(new Password("me", "secret"));
        assertThat(auth("me", "secret", "", "", "", "other.example")).isEmpty();
        assertThatThrownBy(() -> auth("", "", "%%", "", "", ""))
                .isInstanceOf(InvalidReference.class)
                .hasMessageContaining("base64");
        assertThat(new Password("me", "secret").toString()).doesNotContain("secret");
    }

    private static Optional<RegistryCredentials> auth(
            String user, String password, String auth, String identity, String registry, String server)
            throws InvalidReference {
        return RegistryCredentials.fromAuthConfig(user, password, auth, identity, registry, server, "registry.example");
    }

    @ParameterizedTest(name = "{0} takes {2} of {1}")
    @CsvSource(textBlock = """
            linux/amd64,    linux/arm64 linux/amd64 windows/amd64,          1
            linux/amd64,    linux/amd64/v3 linux/amd64,                     1
            linux/amd64,    linux/amd64/v3,                                 -1
            linux/arm64/v8, linux/arm linux/arm64,                          1
            linux/arm64/v8, linux/arm64/v9 linux/arm64/v8,                  1
            linux/arm/v7,   linux/arm/v5 linux/arm/v6 linux/arm/v8,         1
            linux/s390x,    linux/amd64,                                    -1
            """)
    void theBestPlatformIsTaken(String ours, String offered, int expected) {
        List<Descriptor> manifests = java.util.Arrays.stream(offered.split(" ", -1))
                .map(RegistryWordsTest::manifestFor)
                .toList();

        assertThat(target(ours).choose(manifests).map(manifests::indexOf).orElse(-1))
                .isEqualTo(expected);
    }

    private static TargetPlatform target(String text) {
        String[] parts = text.split("/", -1);
        return new TargetPlatform(parts[0], parts[1], parts.length > 2 ? parts[2] : "");
    }

    private static Descriptor manifestFor(String text) {
        String[] parts = text.split("/", -1);
        @Nullable String variant = parts.length > 2 ? parts[2] : null;
        Platform platform = new Platform(parts[1], parts[0], null, List.of(), variant, Map.of());
        return new Descriptor(null, text, 1, List.of(), Map.of(), null, null, platform, Map.of());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(textBlock = """
            https://registry.example/v2,    proxy.example:3128
            http://registry.example/v2,     DIRECT
            https://127.0.0.1:5000/v2,      DIRECT
            https://a.internal.example/v2,  DIRECT
            https://internal.example.org/,  proxy.example:3128
            """)
    void proxiesAreThoseOfTheEnvironment(URI asked, String expected) {
        EnvironmentProxies proxies = new EnvironmentProxies(
                Map.of("HTTPS_PROXY", "http://proxy.example:3128", "no_proxy", "other, .internal.example"));

        Proxy proxy = proxies.select(asked).getFirst();

        assertThat(proxy.type() == Proxy.Type.DIRECT ? "DIRECT" : String.valueOf(proxy.address()))
                .contains(expected.replace(":3128", ""));
    }
}
