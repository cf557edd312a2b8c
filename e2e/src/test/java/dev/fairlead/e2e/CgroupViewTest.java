package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.LinuxContainerResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What a container sees at /sys/fs/cgroup: its own limits, with its own cgroup as the root and read-only; a privileged one the host's
 * hierarchy, to be written to. On cgroup v1 and on cgroup v2 alone.
 */
@OnNode
class CgroupViewTest {
    private static final long LIMIT = 48 << 20;
    private static final boolean V2 = Files.exists(Path.of("/sys/fs/cgroup/cgroup.controllers"));
    private static final String MEMORY = "/sys/fs/cgroup" + (V2 ? "" : "/memory");
    private static final String MEMORY_LIMIT = V2 ? "memory.max" : "memory.limit_in_bytes";
    /** What a group is made of on v2; on v1 the file that moves processes is enough to tell one. */
    private static final String PROCESSES = "cgroup.procs";

    private final Node node;

    CgroupViewTest(Node node) {
        this.node = node;
    }

    private Container limited(boolean privileged) {
        Pod pod = node.runPod("view", config -> {
            config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(privileged);
            return config;
        });
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .setMemoryLimitInBytes(LIMIT)
                        .setCpuPeriod(100_000)
                        .setCpuQuota(20_000))
                .getSecurityContextBuilder()
                .setPrivileged(privileged);
        return pod.run(config);
    }

    /** Mount point and options of the cgroup file systems that a process sees. */
    private static Map<String, List<String>> mounts(List<String> procMounts) {
        Map<String, List<String>> mounts = new TreeMap<>();
        for (String line : procMounts) {
            String[] fields = line.split(" ", -1);
            if (fields[2].startsWith("cgroup")) {
                List<String> options = new ArrayList<>(List.of(fields[3].split(",", -1)));
                options.add(fields[2]);
                mounts.put(fields[1], options);
            }
        }
        return mounts;
    }

    private static Map<String, List<String>> mounts(Container container) {
        return mounts(container.exec("cat", "/proc/mounts").lines().toList());
    }

    /** The hierarchies of cgroup v1 that the node has, each by the name of its directory; of v2 the one, by no name. */
    private static List<String> hierarchies() throws IOException {
        return mounts(Files.readAllLines(Path.of("/proc/self/mounts"))).entrySet().stream()
                .filter(mount -> mount.getValue().contains(V2 ? "cgroup2" : "cgroup"))
                .map(Map.Entry::getKey)
                .filter(point -> point.startsWith("/sys/fs/cgroup"))
                .distinct()
                .toList();
    }

    @Test
    void everyHierarchyOfTheNodeIsThereOnceAndReadOnly() throws IOException {
        Container container = limited(false);
        Map<String, List<String>> mounts = mounts(container);
        assertThat(mounts.keySet()).containsExactlyInAnyOrderElementsOf(hierarchies());
        assertThat(mounts.values())
                .allSatisfy(options -> assertThat(options).contains("ro", "nosuid", "nodev", "noexec"));
        for (String point : mounts.keySet()) {
            assertThat(container.exec("sh", "-c", "mkdir " + point + "/made 2>&1 || true"))
                    .contains("Read-only file system");
            assertThat(container
                            .execSync(Duration.ofSeconds(20), "sh", "-c", "echo 1 >" + point + "/" + PROCESSES)
                            .getExitCode())
                    .isNotZero();
        }
    }

    /** Controllers that share a hierarchy (cpu,cpuacct) are to be found by the name of each. */
    @Test
    void everyControllerIsFoundByItsName() throws IOException {
        Container container = limited(false);
        if (V2) {
            List<String> expected = Files.readString(Path.of("/sys/fs/cgroup/cgroup.controllers"))
                    .lines()
                    .flatMap(line -> Arrays.stream(line.split(" ", -1)))
                    .toList();
            assertThat(container
                            .exec("cat", "/sys/fs/cgroup/cgroup.controllers")
                            .split(" ", -1))
                    .containsExactlyInAnyOrderElementsOf(expected);
            return;
        }
        for (String hierarchy : hierarchies()) {
            String name = Path.of(hierarchy).getFileName().toString();
            for (String controller : name.split(",", -1)) {
                assertThat(container.exec("cat", "/sys/fs/cgroup/" + controller + "/" + PROCESSES))
                        .as("the container's processes, by %s", controller)
                        .contains("1");
            }
        }
    }

    @Test
    void itsOwnLimitsAreReadable() {
        Container container = limited(false);
        assertThat(container.exec("cat", MEMORY + "/" + MEMORY_LIMIT)).isEqualTo(Long.toString(LIMIT));
        assertThat(container.exec("cat", V2 ? "/sys/fs/cgroup/cpu.max" : "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"))
                .startsWith("20000");
        assertThat(container.exec("cat", MEMORY + "/" + PROCESSES).lines()).contains("1");
    }

    /** The container's cgroup is its root: nothing of the pod, the node or other containers comes into sight. */
    @Test
    void onlyItsOwnSubtreeIsVisible() {
        Container other = limited(false);
        Container container = limited(false);
        assertThat(container
                        .exec("cat", "/proc/1/cgroup")
                        .lines()
                        .filter(line -> V2 || !line.startsWith("0::"))
                        .map(line -> line.replaceAll("^[^:]*:[^:]*:", ""))
                        .collect(Collectors.toSet()))
                .containsExactly("/");
        String groups = container.exec("sh", "-c", "find /sys/fs/cgroup/ -type d; grep cgroup /proc/self/mountinfo");
        assertThat(groups).doesNotContain(other.id(), container.id(), "/e2e", "/..");
        assertThat(container.exec("sh", "-c", "cat " + MEMORY + "/../" + MEMORY_LIMIT + " 2>/dev/null || echo none"))
                .as("above the root")
                .isEqualTo("none");
    }

    /** A privileged container has the host's cgroup namespace: its groups under their own names, and the right to make more. */
    @Test
    void aPrivilegedOneSeesTheHostsAndMayWrite() throws IOException {
        Container container = limited(true);
        Map<String, List<String>> mounts = mounts(container);
        assertThat(mounts.keySet()).containsAll(hierarchies());
        assertThat(mounts.values()).allSatisfy(options -> assertThat(options).contains("rw"));
        String path = container
                .exec("grep", V2 ? "^0::" : ":memory:", "/proc/1/cgroup")
                .replaceAll("^[^:]*:[^:]*:", "");
        assertThat(path).contains(container.id());
        Path own = Path.of(MEMORY + path);
        assertThat(own.resolve(MEMORY_LIMIT)).hasContent(Long.toString(LIMIT));
        // On v1 runtimes bind the container's own group; on v2 the whole hierarchy is mounted.
        String view = V2 ? MEMORY + path : MEMORY;
        assertThat(container.exec("cat", view + "/" + MEMORY_LIMIT)).isEqualTo(Long.toString(LIMIT));
        assertThat(container.exec("mkdir", view + "/made")).isEmpty();
        assertThat(own.resolve("made")).isDirectory();
        assertThat(container.exec("rmdir", view + "/made")).isEmpty();
    }
}
