package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fairlead.libcontainer.hooks.HookException;
import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.State;
import dev.fairlead.test.NeedsRoot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks of a real container, each of which says when it ran, what it read and where it was. */
@NeedsRoot
class ContainerHooksTest {
    private static final ObjectMapper JSON = OciJson.mapper();
    private static final List<String> ALL =
            List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    /** No other process sleeps so long. */
    private static final String SLEEP = "sleep 61.25";

    @TempDir
    Path directory;

    private final String id = "fairlead-test-" + UUID.randomUUID().toString().substring(0, 8);
    private final Map<String, List<Map<String, Object>>> hooks = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private Path out;
    private Path root;
    private EventLoop loop;
    private ContainerContext context;

    @BeforeEach
    void prepare() throws IOException {
        out = Files.createDirectory(directory.resolve("out"));
        root = Files.createDirectory(directory.resolve("root"));
        Path bin = Files.createDirectory(root.resolve("bin"));
        Files.copy(Path.of("/bin/busybox"), bin.resolve("busybox"));
        for (String applet : List.of("sh", "sleep", "cat", "readlink", "pwd", "setsid")) {
            Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
        }
        loop = EventLoop.start("hooks of a test");
        context = ContainerContext.open(
                loop, RootfsPolicy.DEFAULT, Optional.of(BareMountNamespace.of(directory, directory)));
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        context.close();
        loop.close();
        try (var descriptors = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : descriptors) {
                assertThat(commandOf(process)).as(process.toString()).doesNotContain(SLEEP, id);
            }
        }
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(directory.toString());
        try (var cgroups = Files.find(Path.of("/sys/fs/cgroup"), 6, (path, _) -> path.endsWith(id))) {
            assertThat(cgroups).isEmpty();
        }
    }

    private static String commandOf(Path process) {
        try {
            return Files.readString(process.resolve("cmdline")).replace('\0', ' ');
        } catch (IOException e) {
            return ""; // it ended
        }
    }

    @Test
    void eachRunsAtItsPointWithTheStateOfTheContainer() throws Exception {
        for (String point : ALL) {
            Path files = point.equals("startContainer") ? Path.of("/out") : out;
            hook(point, "cat > " + files + "/" + point + "; echo " + point + " $MARK >> " + files + "/log");
        }
        int init;
        try (Container container = create()) {
            assertThat(log()).containsExactly("prestart set", "createRuntime set", "createContainer set");
            init = container.initId().pid();
            container.start();
            assertThat(log()).hasSize(5).endsWith("startContainer set", "poststart set");
            container.kill();
            container.exit().get(10, TimeUnit.SECONDS);
            container.release();
        }
        assertThat(log()).hasSize(6).endsWith("poststop set");
        assertThat(warnings).isEmpty();
        Map<String, String> status = Map.of(
                "prestart", "creating",
                "createRuntime", "creating",
                "createContainer", "creating",
                "startContainer", "created",
                "poststart", "running",
                "poststop", "stopped");
        for (String point : ALL) {
            State state = JSON.readValue(out.resolve(point).toFile(), State.class);
            Integer pid = point.equals("poststop") ? null : point.endsWith("Container") ? Integer.valueOf(1) : init;
            assertThat(state)
                    .as(point)
                    .isEqualTo(new State(
                            "1.3.0",
                            id,
                            Objects.requireNonNull(status.get(point)),
                            pid,
                            directory.toString(),
                            Map.of("dev.fairlead/test", "yes"),
                            Map.of()));
        }
    }

    @Test
    void eachIsInTheNamespacesThatItIsMeantFor() throws Exception {
        String look = "readlink /proc/self/ns/mnt; readlink /proc/self/ns/pid; pwd -P; [ -e " + out
                + " ] && echo host || echo container; cat /proc/self/mountinfo";
        hook("createRuntime", "(" + look + ") > " + out + "/createRuntime");
        hook("createContainer", "(" + look + ") > " + out + "/createContainer");
        hook("startContainer", "(" + look + ") > /out/startContainer");
        try (Container container = create()) {
            String mounts = namespace(container.initId().pid(), "mnt");
            String processes = namespace(container.initId().pid(), "pid");
            assertThat(seen("createRuntime")).startsWith(namespace(self(), "mnt"), namespace(self(), "pid"));
            String attached = directory.resolve("rootfs").toString();
            assertThat(seen("createRuntime")).contains("host").noneMatch(line -> line.contains(attached));
            assertThat(seen("createContainer")).startsWith(mounts, processes, attached, "host");
            assertThat(seen("createContainer")).anyMatch(line -> line.contains(" " + attached + "/mark "));
            container.start();
            assertThat(seen("startContainer")).startsWith(mounts, processes, "/", "container");
            assertThat(seen("startContainer")).anyMatch(line -> line.contains(" /mark "));
            container.destroy();
        }
    }

    /** There are those that enter init's mount namespace before its root is exchanged, and mount files of the host that they look for there. */
    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer"})
    void withOneThatMayLookForFilesOfTheHostInitBeginsWithAllItsMounts(String point) throws Exception {
        hook(
                point,
                "pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); [ $pid != 1 ] || pid=self; cat /proc/$pid/mountinfo > "
                        + out + "/mounts");
        try (Container container = create()) {
            assertThat(seen("mounts"))
                    .as("the namespace with few mounts has one for the directory")
                    .hasSizeGreaterThan(3)
                    .noneMatch(line -> line.contains(" " + directory + " "));
            container.destroy();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prestart", "createRuntime", "createContainer"})
    void oneThatFailsUndoesTheCreation(String point) throws Exception {
        hook(point, "exit 0");
        hook(point, "echo there is no room >&2; exit 3");
        hook(point, "echo later >> " + out + "/log");
        hook("poststop", "echo poststop >> " + out + "/log");
        assertThatThrownBy(this::create)
                .isInstanceOf(HookException.class)
                .hasMessage("hooks." + point + "[1]: /bin/sh exited with status 3: there is no room");
        assertThat(log()).containsExactly("poststop");
    }

    @ParameterizedTest
    @ValueSource(strings = {"startContainer", "poststart"})
    void oneThatFailsAtTheStartEndsTheContainer(String point) throws Exception {
        hook(point, "echo not today >&2; exit 4");
        try (Container container = create()) {
            assertThatThrownBy(container::start)
                    .isInstanceOf(HookException.class)
                    .hasMessage("hooks." + point + "[0]: /bin/sh exited with status 4: not today");
            assertThat(container.exit().get(10, TimeUnit.SECONDS).status().asExitCode())
                    .isEqualTo(137);
            container.release();
        }
    }

    @Test
    void poststopHooksThatFailAreWarnings() throws Exception {
        hook("poststop", "echo cannot clean up >&2; exit 5");
        hook("poststop", "kill -KILL $$");
        hook("poststop", "echo poststop >> " + out + "/log");
        try (Container container = create()) {
            container.destroy();
        }
        assertThat(log()).containsExactly("poststop");
        assertThat(warnings)
                .containsExactly(
                        "hooks.poststop[0]: /bin/sh exited with status 5: cannot clean up",
                        "hooks.poststop[1]: /bin/sh was ended by signal 9");
    }

    @ParameterizedTest
    @ValueSource(strings = {"createRuntime", "createContainer"})
    void oneThatTakesTooLongIsKilledWithWhatItStarted(String point) throws Exception {
        hook(point, SLEEP + " & " + (point.equals("createContainer") ? "setsid " + SLEEP + " & " : "") + SLEEP, 1);
        long start = System.nanoTime();
        assertThatThrownBy(this::create)
                .isInstanceOf(HookException.class)
                .hasMessageContaining("took longer than 1 s and was killed");
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(20);
    }

    @ParameterizedTest
    @ValueSource(strings = {"createRuntime", "createContainer"})
    void oneThatIsNotThereIsNamed(String point) {
        hooks.put(point, List.of(Map.of("path", "/no/such/hook")));
        assertThatThrownBy(this::create)
                .isInstanceOf(HookException.class)
                .hasMessageStartingWith("hooks." + point + "[0]: /no/such/hook could not be run: ")
                .hasMessageContaining("ENOENT");
    }

    @ParameterizedTest
    @CsvSource({
        "bin/true, 1, 'hooks.createRuntime[0].path: \"bin/true\" is not absolute'",
        "/bin/true, 0, 'hooks.createRuntime[0].timeout: 0 is not above 0'"
    })
    void whatTheSpecificationForbidsIsRefused(String path, int timeout, String message) {
        hooks.put("createRuntime", List.of(Map.of("path", path, "timeout", timeout)));
        assertThatThrownBy(this::create).hasMessage(message);
    }

    private void hook(String point, String script) {
        hook(point, script, 20);
    }

    private void hook(String point, String script, int timeout) {
        hooks.computeIfAbsent(point, _ -> new ArrayList<>())
                .add(Map.of(
                        "path",
                        "/bin/sh",
                        "args",
                        List.of("sh", "-c", script),
                        "env",
                        List.of("PATH=/bin:/usr/bin", "MARK=set"),
                        "timeout",
                        timeout));
    }

    private Container create() throws IOException {
        List<Map<String, String>> namespaces = List.of("mount", "pid", "ipc", "uts", "network", "cgroup").stream()
                .map(type -> Map.of("type", type))
                .toList();
        Map<String, Object> config = Map.of(
                "ociVersion",
                "1.3.0",
                "process",
                Map.of("args", List.of("/bin/sleep", "60"), "cwd", "/", "env", List.of("PATH=/bin")),
                "mounts",
                List.of(
                        Map.of("destination", "/proc", "type", "proc", "source", "proc"),
                        Map.of("destination", "/mark", "type", "tmpfs", "source", "tmpfs"),
                        Map.of(
                                "destination",
                                "/out",
                                "type",
                                "bind",
                                "source",
                                out.toString(),
                                "options",
                                List.of("rbind"))),
                "annotations",
                Map.of("dev.fairlead/test", "yes"),
                "linux",
                Map.of("cgroupsPath", id, "namespaces", namespaces),
                "hooks",
                hooks);
        Files.deleteIfExists(directory.resolve("rootfs"));
        return Container.create(
                context,
                new Container.Request(
                        id,
                        "test",
                        directory,
                        JSON.convertValue(config, Spec.class),
                        new RootSource.Directory(root),
                        false,
                        warnings::add));
    }

    private List<String> log() throws IOException {
        return Files.readAllLines(out.resolve("log"));
    }

    private List<String> seen(String point) throws IOException {
        return Files.readAllLines(out.resolve(point));
    }

    private static int self() {
        return Math.toIntExact(ProcessHandle.current().pid());
    }

    private static String namespace(int pid, String kind) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + kind)).toString();
    }
}
