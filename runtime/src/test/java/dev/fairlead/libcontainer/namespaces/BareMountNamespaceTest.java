package dev.fairlead.libcontainer.namespaces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.MountInfo;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BareMountNamespaceTest {
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    private Path dir;

    private Path state;
    private Path data;

    @BeforeEach
    void directories() throws IOException {
        dir = dir.toRealPath();
        state = Files.createDirectories(dir.resolve("run/state"));
        data = Files.createDirectories(dir.resolve("var/data"));
    }

    private static void tmpfs(Path point) throws IOException {
        Files.createDirectories(point);
        Mounts.mount("tmpfs", point.toString(), "tmpfs", Set.of(), "");
    }

    /** Mount points in it, in the order of its table. */
    private static List<String> points(BareMountNamespace bare) throws IOException {
        return in(
                bare,
                () -> MountInfo.of("thread-self").stream()
                        .map(MountInfo::mountPoint)
                        .toList());
    }

    private static <T> T in(BareMountNamespace bare, Callable<T> job) throws IOException {
        return JobThread.call("visitor", () -> {
            try (Fd namespace = bare.open().orElseThrow()) {
                Namespaces.unshareFileSystem();
                Namespaces.join(namespace, Kind.MOUNT);
            }
            return job.call();
        });
    }

    @Test
    void hasWhatRootsAreBuiltFromAndNothingElse() throws Exception {
        PrivateMounts.run(() -> {
            tmpfs(dir.resolve("run")); // what the state lies in, and what lies beside it
            Files.createDirectory(state);
            tmpfs(state.resolve("pinned"));
            tmpfs(dir.resolve("run/beside"));
            tmpfs(dir.resolve("volume"));
            tmpfs(data.resolve("layers"));
            Files.createFile(data.resolve("layers/one"));
            try (BareMountNamespace bare = BareMountNamespace.of(state, data, NEVER)) {
                List<String> points = points(bare);
                assertThat(points)
                        .contains("/", "/proc", "/sys", "/dev", dir + "/run", data.toString(), data + "/layers")
                        .doesNotContain(dir + "/volume", dir + "/run/beside", state + "/pinned");
                assertThat(points.stream()
                                .filter(point ->
                                        !point.matches("/(proc|sys|dev)?(/.*)?") || point.startsWith(dir.toString())))
                        .hasSize(3);
                assertThat(in(bare, () -> Files.exists(data.resolve("layers/one"))))
                        .isTrue();
                assertThat(in(bare, () -> Files.exists(state))).isTrue();
                assertThat(in(bare, PrivateMounts::table))
                        .as("nothing of it is shared with the host")
                        .noneMatch(line -> line.contains("shared:") || line.contains("master:"));
            }
        });
    }

    @Test
    void isMadeAnewWhenADirectoryIsOnAnotherMount() throws Exception {
        PrivateMounts.run(() -> {
            try (BareMountNamespace bare = BareMountNamespace.of(state, data, NEVER)) {
                assertThat(points(bare)).doesNotContain(dir + "/var");
                tmpfs(dir.resolve("var"));
                Files.createDirectory(data);
                tmpfs(data.resolve("new"));
                assertThat(points(bare)).contains(dir + "/var", data + "/new");
                tmpfs(data.resolve("later"));
                assertThat(points(bare)).as("not for what lies below").doesNotContain(data + "/later");
            }
        });
    }

    @Test
    void isMadeAnewSomeTimeAfterTheTableHasChanged() throws Exception {
        PrivateMounts.run(() -> {
            try (BareMountNamespace bare = BareMountNamespace.of(state, data, Duration.ZERO)) {
                assertThat(points(bare)).contains(data.toString());
                tmpfs(data.resolve("more"));
                assertThat(points(bare)).contains(data + "/more");
            }
        });
    }

    /** On a host whose root is a ramfs pivot_root(2) refuses; here, something is in the way. */
    @Test
    void isNotThereWhereItCannotBeMade() throws Exception {
        try (BareMountNamespace bare = BareMountNamespace.of(state, data)) {
            Files.delete(state);
            Files.createFile(state);
            assertThat(bare.open()).isEmpty();
            Files.delete(state);
            Files.createDirectory(state);
            assertThat(bare.open()).as("is not tried again").isEmpty();
        }
    }

    @Test
    void knowsWhatLiesInItsDirectories() throws Exception {
        try (BareMountNamespace bare = BareMountNamespace.of(state, data)) {
            assertThat(bare.has(data.resolve("layers/one"))).isTrue();
            assertThat(bare.has(state)).isTrue();
            assertThat(bare.has(dir.resolve("volume"))).isFalse();
        }
    }
}
