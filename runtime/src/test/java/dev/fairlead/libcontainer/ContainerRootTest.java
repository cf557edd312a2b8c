package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a container comes into its root, as its program sees it: by pivot_root, by chroot, and without a mount namespace. */
@NeedsRoot
class ContainerRootTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path dir;

    @ParameterizedTest(name = "no pivot: {0}, born with few mounts: {1}, namespaces: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            false | false | {"type": "mount"}, {"type": "pid"}
            false | true  | {"type": "mount"}, {"type": "pid"}
            true  | false | {"type": "mount"}, {"type": "pid"}
            true  | true  | {"type": "mount"}, {"type": "pid"}
            false | true  | {"type": "pid"}
            true  | false | {"type": "pid"}
            """)
    void theProgramSeesItsRootAndNothingOfTheHost(boolean noPivot, boolean bare, String namespaces) throws Exception {
        // Where there is no mount namespace the root is mounted in ours.
        PrivateMounts.run(() -> run(noPivot, bare, namespaces));
    }

    private void run(boolean noPivot, boolean bare, String namespaces) throws Exception {
        Path layer = Files.createDirectories(dir.resolve("layer"));
        Files.copy(
                Path.of("/bin/busybox"),
                Files.createDirectory(layer.resolve("bin")).resolve("busybox"));
        Path directory = Files.createDirectory(dir.resolve("container"));
        Path upper = Files.createDirectory(dir.resolve("upper"));
        RootSource root = new RootSource.Overlay(List.of(layer), upper, Files.createDirectory(dir.resolve("work")));
        List<String> before = PrivateMounts.table();
        try (EventLoop loop = EventLoop.start("test");
                ContainerContext context = ContainerContext.open(
                        loop,
                        new RootfsPolicy(noPivot, false),
                        bare ? Optional.of(BareMountNamespace.of(dir, dir)) : Optional.empty())) {
            Container container = Container.create(
                    context,
                    new Container.Request("root", "test", directory, spec(namespaces), root, false, warning -> {}));
            try {
                container.start();
                Path done = upper.resolve("done");
                long end = System.nanoTime() + PATIENCE.toNanos();
                while (!Files.exists(done)) {
                    assertThat(System.nanoTime()).as("the program is slow").isLessThan(end);
                    assertThat(container.exit()).as("the program has ended").isNotDone();
                    Thread.sleep(10);
                }
                assertThat(upper.resolve("listing"))
                        .content()
                        .contains("bin", "proc")
                        .doesNotContain("home", "root", "usr");
                List<String> mounts = Files.readAllLines(upper.resolve("mounts"));
                assertThat(mounts)
                        .filteredOn(line -> line.startsWith("proc "))
                        .extracting(line -> line.split(" ", -1)[1])
                        .containsExactly("/proc", "/proc/sys");
                assertThat(mounts)
                        .filteredOn(line -> line.contains(" / "))
                        .singleElement()
                        .asString()
                        .startsWith("overlay ");
                assertThat(upper.resolve("up"))
                        .as(".. of the root is the root")
                        .content()
                        .contains("bin")
                        .doesNotContain("usr");
                assertThat(upper.resolve("first").toFile())
                        .as("its procfs shows its PID namespace")
                        .hasContent("busybox");
            } finally {
                container.destroy();
            }
        }
        assertThat(PrivateMounts.table()).isEqualTo(before);
    }

    private static Spec spec(String namespaces) throws Exception {
        String script = "cd /; b=/bin/busybox; $b ls / >/listing; $b cat /proc/mounts >/mounts; $b ls /../.. >/up;"
                + " $b cat /proc/1/comm >/first; >/done; exec $b sleep 100";
        String json = """
                {'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc'}],
                 'process': {'args': ['/bin/busybox', 'sh', '-c', 'SCRIPT'], 'cwd': '/', 'env': []},
                 'linux': {'cgroupsPath': '/fairlead-test-root-PID', 'namespaces': [NAMESPACES], 'maskedPaths': ['/proc/keys'],
                   'readonlyPaths': ['/proc/sys']}}
                """.replace('\'', '"');
        return OciJson.mapper()
                .readValue(
                        json.replace("SCRIPT", script)
                                .replace("NAMESPACES", namespaces)
                                .replace(
                                        "PID",
                                        Long.toString(ProcessHandle.current().pid())),
                        Spec.class);
    }
}
