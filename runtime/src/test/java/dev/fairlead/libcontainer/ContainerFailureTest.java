package dev.fairlead.libcontainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.oci.OciJson;
import dev.fairlead.oci.Spec;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A container that cannot be made: wherever in the middle it failed, nothing of it is left. */
@NeedsRoot
class ContainerFailureTest {
    private static final String CGROUP =
            "/fairlead-test-failure-" + ProcessHandle.current().pid();

    private static EventLoop loop;
    private static ContainerContext context;

    @TempDir
    Path dir;

    @BeforeAll
    static void open() throws IOException {
        loop = EventLoop.start("test");
        context = ContainerContext.open(loop, RootfsPolicy.DEFAULT);
    }

    @AfterAll
    static void close() throws IOException {
        context.close();
        loop.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            source          | {'mounts': [TMPFS, {'destination': '/a', 'type': 'bind', 'source': 'HERE/absent'}]      | mounts[1] bind HERE/absent -> /a
            type            | {'mounts': [TMPFS, {'destination': '/a', 'type': 'nofs'}]                              | fsopen nofs: ENODEV
            option          | {'mounts': [TMPFS, {'destination': '/a', 'type': 'tmpfs', 'options': ['size=x']}]      | Bad value for 'size'
            target          | {'mounts': [TMPFS, {'destination': '/file/a', 'type': 'bind', 'source': 'HERE'}]        | ENOTDIR
            target in /proc | {'mounts': [TMPFS, PROC, {'destination': '/proc/1', 'type': 'tmpfs'}]                  | /proc/1 is inside /proc
            attaching       | {'mounts': [TMPFS, {'destination': '/file', 'type': 'bind', 'source': 'HERE'}]          | the source is a directory, the target a regular file
            device          | {'mounts': [TMPFS], 'linux': {'devices': [{'path': '/file/d', 'type': 'p'}], LINUX}    | device /file/d
            working dir.    | {'mounts': [TMPFS], 'process': {'args': ['x'], 'cwd': '/file/cwd'}                     | working directory /file/cwd
            read-only path  | {'mounts': [TMPFS, PROC], 'linux': {'readonlyPaths': ['/loop'], LINUX}                 | read-only path /loop
            masked path     | {'mounts': [TMPFS, PROC], 'linux': {'maskedPaths': ['/proc/keys', '/loop'], LINUX}      | masked path /loop
            limit           | {'linux': {'resources': {'cpu': {'cpus': '4090-4095'}}, LINUX}                       | cpuset
            oom_score_adj   | {'process': {'args': ['x'], 'cwd': '/', 'oomScoreAdj': 5000}                           | oom_score_adj
            time namespace  | {'linux': {'timeOffsets': {'monotonic': {'secs': -999999999999}}, TIME}                | time
            """)
    void leavesNoMountDescriptorDirectoryCgroupOrProcess(String where, String json, String message) throws Exception {
        Path layer = Files.createDirectory(dir.resolve("layer"));
        Files.createFile(layer.resolve("file"));
        Files.createSymbolicLink(layer.resolve("loop"), Path.of("/loop"));
        Path directory = Files.createDirectory(dir.resolve("container"));
        RootSource root = new RootSource.Overlay(
                List.of(layer),
                Files.createDirectory(dir.resolve("upper")),
                Files.createDirectory(dir.resolve("work")));
        Spec spec = OciJson.mapper().readValue(complete(json), Spec.class);
        List<String> mounts = PrivateMounts.table();
        // Other tests of this process may have left some that end in their own time.
        List<ProcessHandle> processes = ProcessHandle.current().descendants().toList();
        Map<String, Long> descriptors = descriptors();
        assertThatThrownBy(() -> Container.create(
                                context,
                                new Container.Request("failing", "test", directory, spec, root, true, warning -> {}))
                        .destroy())
                .as(where)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message.replace("HERE", dir.toString()))
                .satisfies(e -> assertThat(e.getSuppressed())
                        .as("what failed in the clean-up")
                        .isEmpty());
        assertThat(PrivateMounts.table()).isEqualTo(mounts);
        assertThat(descriptors()).isEqualTo(descriptors);
        assertThat(directory).isEmptyDirectory();
        assertThat(ProcessHandle.current().descendants()).isSubsetOf(processes);
        try (Stream<Path> hierarchies = Files.list(Path.of("/sys/fs/cgroup"))) {
            assertThat(hierarchies.map(hierarchy -> Path.of(hierarchy + CGROUP)))
                    .noneMatch(Files::exists);
        }
    }

    private String complete(String json) {
        String linux = "'cgroupsPath': '" + CGROUP + "', 'namespaces': ["
                + namespaces("mount", "pid", "ipc", "uts", "network");
        String text = json;
        text += json.contains("'process'") ? "" : ", 'process': {'args': ['x'], 'cwd': '/'}";
        text += json.contains("'linux'") ? "}" : ", 'linux': {LINUX}}";
        return text.replace("LINUX", linux + "]")
                .replace("TIME", linux + ", {'type': 'time'}]")
                .replace("TMPFS", "{'destination': '/tmp', 'type': 'tmpfs', 'options': ['ro']}")
                .replace("PROC", "{'destination': '/proc', 'type': 'proc'}")
                .replace("HERE", dir.toString())
                .replace('\'', '"');
    }

    private static String namespaces(String... types) {
        return Stream.of(types).map(type -> "{'type': '" + type + "'}").collect(Collectors.joining(", "));
    }

    /** How many descriptors lead to what. */
    private static Map<String, Long> descriptors() throws IOException {
        try (Stream<Path> links = Files.list(Path.of("/proc/self/fd"))) {
            return links.flatMap(link -> {
                        try {
                            return Stream.of(Files.readSymbolicLink(link).toString());
                        } catch (IOException e) {
                            return Stream.empty(); // the one that the directory itself was listed by
                        }
                    })
                    .filter(name -> !name.endsWith("/fd"))
                    .collect(Collectors.groupingBy(name -> name, TreeMap::new, Collectors.counting()));
        }
    }
}
