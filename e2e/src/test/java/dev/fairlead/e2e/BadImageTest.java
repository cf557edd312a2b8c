package dev.fairlead.e2e;

import static io.grpc.Status.Code.DATA_LOSS;
import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static io.grpc.Status.Code.UNAVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ListImagesRequest;
import dev.fairlead.e2e.TestRegistry.Layer;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Registries that fail and images that are damaged or hostile: nothing of them is kept, and the error says whose fault it is. */
@OnNode
class BadImageTest {
    private static final byte[] SOUND = TestRegistry.layer(layer -> layer.file("hello", "hello\n".repeat(100_000)));

    private final Node node;
    private final TestRegistry registry;
    private int imagesBefore;

    BadImageTest(Node node) throws IOException {
        this.node = node;
        this.registry = new TestRegistry();
    }

    @BeforeEach
    void countImages() {
        imagesBefore = images();
    }

    @AfterEach
    void nothingIsKept() {
        registry.close();
        assertThat(images()).as("images in the store").isEqualTo(imagesBefore);
    }

    private int images() {
        return node.cri()
                .images()
                .listImages(ListImagesRequest.getDefaultInstance())
                .getImagesCount();
    }

    @Test
    void anImageThatTheRegistryDoesNotHave() {
        Refused.by(() -> node.cri().pull("127.0.0.1:5001/shop/nowhere:7"))
                .as(NOT_FOUND, "127.0.0.1:5001", "shop/nowhere", "7");
    }

    @Test
    void aReferenceThatIsNone() {
        Refused.by(() -> node.cri().pull("Not An Image")).as(INVALID_ARGUMENT, "Not An Image");
    }

    @ParameterizedTest
    @CsvSource({
        "401, UNAUTHENTICATED",
        "403, PERMISSION_DENIED",
        "404, NOT_FOUND",
        "429, RESOURCE_EXHAUSTED",
        "500, UNAVAILABLE",
        "503, UNAVAILABLE"
    })
    void aRegistryThatRefuses(int status, Status.Code code) {
        registry.refusing(status, status == 401 ? Map.of("WWW-Authenticate", "Basic realm=\"shop\"") : Map.of());
        String image = registry.image("shop/web", SOUND);
        Refused.by(() -> node.cri().pull(image)).as(code, "127.0.0.1:5001", "shop/web", Integer.toString(status));
    }

    @Test
    void aRegistryThatClosesHalfWayEveryTime() {
        String image = registry.image("shop/web", SOUND);
        String layer = "/v2/shop/web/blobs/" + TestRegistry.digest(SOUND);
        registry.faulty(layer::equals, (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, content.length / 2);
            return true;
        });
        Refused.by(() -> node.cri().pull(image)).as(UNAVAILABLE, "127.0.0.1:5001", "shop/web");
    }

    @Test
    void aRegistryThatClosesHalfWayOnce() {
        String image = registry.image("shop/web", SOUND);
        String layer = "/v2/shop/web/blobs/" + TestRegistry.digest(SOUND);
        AtomicInteger requests = new AtomicInteger();
        registry.faulty(layer::equals, (exchange, content) -> {
            if (exchange.getRequestMethod().equals("HEAD") || requests.incrementAndGet() > 1) {
                return false;
            }
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content, 0, content.length / 2);
            return true;
        });
        node.cri().pull(image);
        node.cri().removeImage(image);
        assertThat(requests).hasValueGreaterThan(1);
    }

    @Test
    void aLayerThatIsNotWhatItsDigestSays() {
        String image = registry.image("shop/web", SOUND);
        String layer = "/v2/shop/web/blobs/" + TestRegistry.digest(SOUND);
        registry.faulty(layer::equals, (exchange, content) -> {
            byte[] damaged = content.clone();
            damaged[damaged.length / 2] ^= 1;
            exchange.sendResponseHeaders(200, damaged.length);
            exchange.getResponseBody().write(damaged);
            return true;
        });
        Refused.by(() -> node.cri().pull(image)).as(DATA_LOSS, TestRegistry.digest(SOUND), "shop/web");
    }

    /** @param entries with {@code %s} for a directory outside of the image */
    record Hostile(String name, String word, Consumer<Layer> entries) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Hostile> aLayerThatLeavesItsRoot() {
        return Stream.of(
                new Hostile(
                        "by ..",
                        "../",
                        layer -> layer.file("../../../../../../../../../../.." + OUTSIDE + "/marker", "x")),
                new Hostile(
                        "by .. behind a directory",
                        "..",
                        layer -> layer.file("a/b/../../../../../../../../../../../../.." + OUTSIDE + "/marker", "x")),
                new Hostile(
                        "by an absolute symlink",
                        "door",
                        layer -> layer.symlink("door", OUTSIDE).file("door/marker", "x")),
                new Hostile(
                        "by a chain of symlinks",
                        "three",
                        layer -> layer.symlink("one", "../../../../../../../../../../..")
                                .symlink("two", "one" + OUTSIDE)
                                .symlink("three", "two")
                                .file("three/marker", "x")),
                new Hostile(
                        "by a hard link to a file outside",
                        "secret",
                        layer -> layer.hardLink("copy", "../../../../../../../../../../.." + OUTSIDE + "/secret")),
                new Hostile(
                        "by a file in place of a symlink",
                        "door",
                        layer -> layer.symlink("door", OUTSIDE + "/marker").file("door", "x")));
    }

    private static final String OUTSIDE = "/run/outside";

    @ParameterizedTest
    @MethodSource
    void aLayerThatLeavesItsRoot(Hostile hostile) throws IOException {
        Path outside = Path.of(OUTSIDE);
        Files.createDirectories(outside);
        Path secret = Files.writeString(outside.resolve("secret"), "untouched");
        try {
            String image = registry.image("shop/hostile", TestRegistry.layer(hostile.entries()));
            // Resolved inside of the image is as good as refused: where nothing outside can be reached, the pull may
            // succeed.
            boolean kept = true;
            try {
                node.cri().pull(image);
            } catch (io.grpc.StatusRuntimeException e) {
                kept = false;
                new Refused(
                                e.getStatus().getCode(),
                                String.valueOf(e.getStatus().getDescription()))
                        .as(FAILED_PRECONDITION, hostile.word());
            }
            if (kept) {
                node.cri().removeImage(image);
            }
            assertThat(outside.resolve("marker")).doesNotExist();
            assertThat(secret).hasContent("untouched");
            assertThat(Files.getAttribute(secret, "unix:nlink")).isEqualTo(1);
        } finally {
            Files.delete(secret);
            Files.delete(outside);
        }
    }

    @Test
    @OnlyFairlead
    void aDiskThatFillsUpWhileUnpacking() throws Exception {

        String image =
                registry.image("shop/big", TestRegistry.layer(layer -> layer.file("zeros", "\0".repeat(24 << 20))));
        try (SmallDisk disk = SmallDisk.mount(12);
                Cri cri = disk.start()) {
            Refused.by(() -> cri.pull(image))
                    .as(RESOURCE_EXHAUSTED, "shop/big", disk.directory().toString());
            assertThat(disk.used())
                    .as("KiB that the failed pull has left behind")
                    .isLessThan(512);
        }
    }
}
