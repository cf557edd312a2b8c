package dev.fairlead.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestRegistry;
import java.nio.charset.StandardCharsets;
import land.oras.ContainerRef;
import land.oras.Registry;
import land.oras.auth.AuthProvider;
import land.oras.auth.NoAuthProvider;
import land.oras.auth.UsernamePasswordProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Why pulls do not go through ORAS. Where one of these fails with a newer version, look again whether they could. */
class OrasFactsTest {
    private TestRegistry registry;

    @BeforeEach
    void start() throws Exception {
        registry = TestRegistry.start();
        new TestImage().layer(TestImage.tar().file("a", "a")).push(registry, "team/app", "1");
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private int layers(AuthProvider credentials) {
        return Registry.builder()
                .withInsecure(true)
                .withAuthProvider(credentials)
                .build()
                .getManifest(ContainerRef.parse(registry.host() + "/team/app:1"))
                .getLayers()
                .size();
    }

    @Test
    void aTokenThatOnePasswordBoughtServesWhoeverHasNone() {
        registry.wantToken("t0ken", ",service=\"s\",scope=\"repository:team/app:pull\"");
        registry.fail(
                "/token",
                1,
                exchange -> TestRegistry.answer(
                        exchange, 200, "{\"token\":\"t0ken\",\"expires_in\":300}".getBytes(StandardCharsets.UTF_8)));

        assertThat(layers(new UsernamePasswordProvider("me", "secret"))).isEqualTo(1);

        assertThat(layers(new NoAuthProvider())).isEqualTo(1);
        assertThat(registry.requests("/token")).hasSize(1);
    }

    @Test
    void aChallengeInAnotherOrderIsRefused() {
        registry.wantToken("t0ken", ",scope=\"repository:team/app:pull\",service=\"s\"");

        assertThatThrownBy(() -> layers(new NoAuthProvider())).hasMessageContaining("Invalid WWW-Authenticate header");
    }
}
