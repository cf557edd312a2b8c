package dev.fairlead.image.registry;

import static dev.fairlead.image.TestRegistry.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.Reference;
import dev.fairlead.image.TestImage;
import dev.fairlead.image.TestRegistry;
import dev.fairlead.image.registry.RegistryCredentials.IdentityToken;
import dev.fairlead.image.registry.RegistryCredentials.Password;
import dev.fairlead.image.registry.RegistryCredentials.RegistryToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemoteRepositoryTest {
    private static final byte[] BLOB = new byte[300_000];
    private static final Optional<RegistryCredentials> NOBODY = Optional.empty();

    static {
        new Random(1).nextBytes(BLOB);
    }

    @TempDir
    private Path certs;

    private TestRegistry registry;
    private Digest blob;

    @BeforeEach
    void start() throws IOException {
        registry = TestRegistry.start();
        blob = registry.putBlob(BLOB);
        registry.putManifest("team/app", "1", TestImage.MANIFEST, manifest());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static byte[] manifest() {
        return ("{\"schemaVersion\":2,\"mediaType\":\"" + TestImage.MANIFEST + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    private RemoteRepository open(String reference, Optional<RegistryCredentials> credentials) throws Exception {
        RetryPolicy quick = new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(300));
        RegistryConfig config = new RegistryConfig(List.of(certs), TargetPlatform.ofThisMachine(), 2, quick);
        return new RegistryClient(config).open(Reference.parse(reference), credentials);
    }

    private RemoteRepository open(Optional<RegistryCredentials> credentials) throws Exception {
        return open(registry.host() + "/team/app:1", credentials);
    }

    private byte[] fetch(RemoteRepository repository) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        repository.blob(
                blob,
                BLOB.length,
                new BlobTarget() {
                    @Override
                    public void write(byte[] more, int length) {
                        bytes.write(more, 0, length);
                    }

                    @Override
                    public void restart() {
                        bytes.reset();
                    }
                },
                arrived -> {});
        return bytes.toByteArray();
    }

    @Test
    void manifestsComeByTagAndByDigest() throws Exception {
        RemoteRepository repository = open(NOBODY);

        FetchedManifest byTag = repository.manifest("1");

        assertThat(byTag.content()).isEqualTo(manifest());
        assertThat(byTag.mediaType()).isEqualTo(TestImage.MANIFEST);
        assertThat(repository.manifest(byTag.digest()).content()).isEqualTo(manifest());
        assertThat(repository.resolve("1")).contains(byTag.digest());
        assertThat(registry.requests().getLast()).startsWith("HEAD ");
    }

    @Test
    void aConnectionThatIsClosedHalfWayIsResumed() throws Exception {
        registry.fail("/blobs/", 4, registry.closeAfter(70_000));

        assertThat(fetch(open(NOBODY))).isEqualTo(BLOB);

        // The last bytes before a close may be lost with it, but never more than arrive with the next answer.
        assertThat(registry.blobRequests())
                .hasSizeGreaterThan(4)
                .filteredOn(request -> !request.contains("Range"))
                .hasSize(1);
    }

    @Test
    void aRegistryWithoutRangesSendsAllOfItAgain() throws Exception {
        registry.withoutRanges();
        registry.fail("/blobs/", 1, registry.closeAfter(70_000));

        assertThat(fetch(open(NOBODY))).isEqualTo(BLOB);
    }

    @Test
    void aRegistryThatKeepsClosingIsGivenUp() throws Exception {
        registry.fail("/blobs/", 1, registry.closeAfter(70_000));
        registry.fail("/blobs/", 100, registry.closeAfter(0));

        assertThatThrownBy(() -> fetch(open(NOBODY)))
                .isInstanceOf(ImageException.Unavailable.class)
                .hasMessageContaining(registry.host())
                .hasMessageContaining("team/app")
                .hasMessageContaining(blob.toString());
        assertThat(registry.blobRequests()).hasSize(4);
    }

    @Test
    void wrongBytesAreToldWithBothDigests() throws Exception {
        byte[] other = BLOB.clone();
        other[150_000] ^= 1;
        registry.damageBlob(blob, other);

        var mismatch = catchThrowableOfType(ImageException.DigestMismatch.class, () -> fetch(open(NOBODY)));

        assertThat(mismatch.expected()).isEqualTo(blob);
        assertThat(mismatch.actual()).isEqualTo(Digest.sha256(other));
        assertThat(mismatch)
                .hasMessageContaining(blob.toString())
                .hasMessageContaining(Digest.sha256(other).toString());
    }

    @Test
    void aManifestThatIsNotItsDigestIsRefused() throws Exception {
        Digest promised = Digest.sha256("other".getBytes(StandardCharsets.UTF_8));
        registry.putManifest("team/app", promised.toString(), TestImage.MANIFEST, manifest());

        assertThatThrownBy(() -> open(NOBODY).manifest(promised)).isInstanceOf(ImageException.DigestMismatch.class);
    }

    @ParameterizedTest(name = "{0} is {1}, asked {2} times")
    @CsvSource(delimiter = '|', textBlock = """
            404 | NotFound          | 1 | check the name and the tag
            401 | Unauthenticated   | 1 | add an image pull secret
            403 | Denied            | 1 | may not pull
            429 | TooManyRequests   | 3 | too many requests
            500 | Unavailable       | 3 | try again later
            503 | Unavailable       | 3 | try again later
            400 | Unavailable       | 1 | not understood
            """)
    void eachRefusalHasItsClassAndSaysWhatToDo(int code, String type, int requests, String advice) throws Exception {
        registry.fail("/manifests/", 100, status(code));

        assertThatThrownBy(() -> open(NOBODY).manifest("1"))
                .satisfies(e -> assertThat(e.getClass().getSimpleName()).isEqualTo(type))
                .hasMessageContaining("registry " + registry.host())
                .hasMessageContaining("repository team/app")
                .hasMessageContaining("manifest 1")
                .hasMessageContaining("CODE" + code + ": the test wants it so")
                .hasMessageContaining(advice);
        assertThat(registry.requests("/manifests/")).hasSize(requests);
    }

    @Test
    void aFailureThatPassesIsNotNoticed() throws Exception {
        registry.fail("/manifests/", 1, status(502));
        registry.fail("/manifests/", 1, status(429, "Retry-After", "0"));

        assertThat(open(NOBODY).manifest("1").content()).isEqualTo(manifest());
    }

    @Test
    void aRegistryThatWantsALongBreakIsNotAskedAgain() throws Exception {
        registry.fail("/manifests/", 100, status(429, "Retry-After", "3600"));

        var refused = catchThrowableOfType(
                ImageException.TooManyRequests.class, () -> open(NOBODY).manifest("1"));

        assertThat(refused.retryAfter()).contains(Duration.ofHours(1));
        assertThat(refused).hasMessageContaining("try again in 3600 s");
        assertThat(registry.requests("/manifests/")).hasSize(1);
    }

    @Test
    void nobodyListening() throws Exception {
        String host = registry.host();
        registry.close();

        assertThatThrownBy(() -> open(host + "/team/app:1", NOBODY).manifest("1"))
                .isInstanceOf(ImageException.Unavailable.class)
                .hasMessageContaining(host)
                .hasMessageContaining(
                        "no connection to " + host + ": Connection refused; check that the registry runs");
    }

    @Test
    void aNameThatNobodyKnows() {
        assertThatThrownBy(() -> open("no-such-host.invalid/team/app:1", NOBODY).manifest("1"))
                .isInstanceOf(ImageException.Unavailable.class)
                .hasMessageContaining("the name no-such-host.invalid cannot be resolved");
    }

    @Test
    void passwordsAreShownWhenTheyAreAskedFor() throws Exception {
        registry.wantPassword("me", "secret");

        assertThat(open(Optional.of(new Password("me", "secret"))).manifest("1").content())
                .isEqualTo(manifest());
        assertThat(registry.requests().getFirst()).doesNotContain("Authorization");
        assertThatThrownBy(() -> open(Optional.of(new Password("me", "wrong"))).manifest("1"))
                .isInstanceOf(ImageException.Unauthenticated.class)
                .hasMessageContaining("check the image pull secret")
                .hasMessageNotContaining("wrong");
    }

    @Test
    void tokensAreFetchedWhereTheChallengeSaysAndOncePerPull() throws Exception {
        registry.wantToken("t0ken", ",scope=\"repository:team/app:pull\",service=\"reg&1\"");
        registry.fail(
                "/token",
                1,
                exchange -> TestRegistry.answer(
                        exchange, 200, "{\"access_token\":\"t0ken\"}".getBytes(StandardCharsets.UTF_8)));
        RemoteRepository repository = open(Optional.of(new Password("me", "secret")));

        repository.manifest("1");
        fetch(repository);

        assertThat(registry.requests("/token"))
                .singleElement()
                .asString()
                .startsWith("GET /token?service=reg%261&scope=repository%3Ateam%2Fapp%3Apull Authorization=Basic ");
        assertThat(registry.requests("/blobs/")).singleElement().asString().endsWith("Authorization=Bearer t0ken");
    }

    @Test
    void aTokenOfOnePullIsNotForTheNext() throws Exception {
        registry.wantToken("t0ken", "");
        registry.fail(
                "/token",
                1,
                exchange ->
                        TestRegistry.answer(exchange, 200, "{\"token\":\"t0ken\"}".getBytes(StandardCharsets.UTF_8)));
        registry.fail("/token", 1, status(401));

        open(Optional.of(new Password("me", "secret"))).manifest("1");

        assertThatThrownBy(() -> open(NOBODY).manifest("1"))
                .isInstanceOf(ImageException.Unauthenticated.class)
                .hasMessageContaining("none are given");
        assertThat(registry.requests("/token").getLast()).isEqualTo("GET /token?scope=repository%3Ateam%2Fapp%3Apull");
    }

    @Test
    void identityAndRegistryTokens() throws Exception {
        registry.wantToken("t0ken", ",service=\"s\"");
        registry.fail("/token", 1, exchange -> {
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean right = exchange.getRequestMethod().equals("POST")
                    && form.contains("grant_type=refresh_token")
                    && form.contains("refresh_token=id%2Btoken");
            TestRegistry.answer(
                    exchange, right ? 200 : 400, "{\"access_token\":\"t0ken\"}".getBytes(StandardCharsets.UTF_8));
        });

        assertThat(open(Optional.of(new IdentityToken("id+token")))
                        .manifest("1")
                        .content())
                .isEqualTo(manifest());
        assertThat(open(Optional.of(new RegistryToken("t0ken"))).manifest("1").content())
                .isEqualTo(manifest());
        assertThatThrownBy(() -> open(Optional.of(new RegistryToken("bad"))).manifest("1"))
                .isInstanceOf(ImageException.Unauthenticated.class);
        assertThat(registry.requests("/token")).hasSize(1);
    }

    @Test
    void redirectsElsewhereTakeNoCredentialsAlong() throws Exception {
        try (TestRegistry storage = TestRegistry.start()) {
            registry.wantPassword("me", "secret");
            storage.putBlob(BLOB);
            RemoteRepository repository = open(Optional.of(new Password("me", "secret")));
            repository.manifest("1");
            registry.fail("/blobs/", 100, status(307, "Location", "http://" + storage.host() + "/v2/x/blobs/" + blob));
            storage.fail("/blobs/", 1, storage.closeAfter(70_000));

            assertThat(fetch(repository)).isEqualTo(BLOB);

            assertThat(storage.requests()).hasSize(2).noneMatch(request -> request.contains("Authorization"));
            assertThat(storage.requests().getLast()).contains("Range=bytes=");
        }
    }

    @Test
    void mirrorsAreAskedInOrderAndToldWhoseContentIsWanted() throws Exception {
        try (TestRegistry mirror = TestRegistry.start();
                TestRegistry broken = TestRegistry.start()) {
            mirror.putBlob(BLOB);
            broken.fail("/", 100, status(500));
            hosts("example.com", """
                    server = "http://%s"
                    [host."http://%s"]
                    [host."http://%s/cache"]
                      [host."http://%s/cache".header]
                        x-test = "yes"
                    """.formatted(registry.host(), broken.host(), mirror.host(), mirror.host()));
            RemoteRepository repository = open("example.com/team/app:1", NOBODY);

            assertThat(repository.manifest("1").content()).isEqualTo(manifest());
            assertThat(fetch(repository)).isEqualTo(BLOB);

            assertThat(broken.requests())
                    .containsExactly(
                            "GET /v2/team/app/manifests/1?ns=example.com",
                            "GET /v2/team/app/blobs/" + blob + "?ns=example.com");
            assertThat(mirror.requests())
                    .containsExactly(
                            "GET /cache/v2/team/app/manifests/1?ns=example.com",
                            "GET /cache/v2/team/app/blobs/" + blob + "?ns=example.com");
            assertThat(registry.requests()).singleElement().asString().contains("/manifests/1");
        }
    }

    @Test
    void aMirrorWithWrongBytesGivesWay() throws Exception {
        try (TestRegistry mirror = TestRegistry.start()) {
            mirror.damageBlob(blob, new byte[BLOB.length]);
            hosts(
                    "example.com",
                    "server = \"http://%s\"\n[host.\"http://%s\"]\ncapabilities = [\"pull\"]\n"
                            .formatted(registry.host(), mirror.host()));
            RemoteRepository repository = open("example.com/team/app:1", NOBODY);

            repository.manifest("1");

            assertThat(fetch(repository)).isEqualTo(BLOB);
            assertThat(mirror.requests()).singleElement().asString().contains("/blobs/");
        }
    }

    @Test
    void whatTheServerSaysCountsAndTheMirrorsFailureIsKept() throws Exception {
        try (TestRegistry mirror = TestRegistry.start()) {
            mirror.fail("/", 100, status(503));
            hosts(
                    "example.com",
                    "server = \"http://%s\"\n[host.\"http://%s\"]\n".formatted(registry.host(), mirror.host()));

            assertThatThrownBy(() -> open("example.com/team/app:2", NOBODY).manifest("2"))
                    .isInstanceOf(ImageException.NotFound.class)
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .singleElement()
                            .asString()
                            .contains("mirror " + mirror.host()));
        }
    }

    @Test
    void theDirectoryIsReadAtEachPull() throws Exception {
        hosts("example.com", "server = \"http://127.0.0.1:1\"\n");
        assertThatThrownBy(() -> open("example.com/team/app:1", NOBODY).manifest("1"))
                .isInstanceOf(ImageException.Unavailable.class);

        hosts("example.com", "server = \"http://%s\"\n".formatted(registry.host()));

        assertThat(open("example.com/team/app:1", NOBODY).manifest("1").content())
                .isEqualTo(manifest());
    }

    private void hosts(String name, String text) throws IOException {
        Files.writeString(Files.createDirectories(certs.resolve(name)).resolve("hosts.toml"), text);
    }
}
