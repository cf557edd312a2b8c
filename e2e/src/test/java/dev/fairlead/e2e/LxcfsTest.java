package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's lxcfs on the node, and what containers see of it while it comes and goes. */
@OnNode
@OnlyFairlead
class LxcfsTest {
    private static final long LIMIT = 128 << 20;
    private static final String LIMITED = "MemTotal:         131072 kB";
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final String ANNOTATION = "fairlead.dev/lxcfs";
    private static final List<String> COVERED = List.of(
            "/proc/cpuinfo",
            "/proc/diskstats",
            "/proc/loadavg",
            "/proc/meminfo",
            "/proc/slabinfo",
            "/proc/stat",
            "/proc/swaps",
            "/proc/uptime",
            "/sys/devices/system/cpu/online");

    private static LxcfsProcess lxcfs;

    private final Node node;

    LxcfsTest(Node node) {
        this.node = node;
    }

    @BeforeAll
    static void start() throws IOException {
        assumeThat(Path.of("/dev/fuse")).as("the kernel has FUSE").exists();
        Files.createDirectories(LxcfsProcess.MOUNT);
        lxcfs = LxcfsProcess.start();
    }

    /** The next test finds one that runs. */
    @AfterEach
    void startAgain() throws IOException {
        if (!lxcfs.isAlive()) {
            Command.run("umount", "-l", LxcfsProcess.MOUNT.toString());
            lxcfs = LxcfsProcess.start();
        }
    }

    @AfterAll
    static void end() throws InterruptedException {
        lxcfs.kill();
        LxcfsProcess.unmount();
    }

    /** A container that waits, with 128 MiB and the first CPU. */
    private static ContainerConfig.Builder limited(String script) {
        ContainerConfig.Builder config = Node.shell(script);
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .setMemoryLimitInBytes(LIMIT)
                        .setCpusetCpus("0"));
        return config;
    }

    private static ContainerConfig.Builder limited() {
        return limited("sleep 600");
    }

    private Pod pod(String name, String mode) {
        return node.runPod(name, config -> config.putAnnotations(ANNOTATION, mode));
    }

    private static String memory(Container container) {
        return container
                .execSync(Duration.ofSeconds(10), "head", "-n1", "/proc/meminfo")
                .getStdout()
                .toStringUtf8()
                .strip();
    }

    /** Dead ones count as well. */
    private static List<String> covers(Container container) {
        return covers(container, "");
    }

    /** Without those that an earlier lxcfs left: its file system has another device. */
    private static List<String> coversOfTheLiving(Container container) {
        return covers(container, " " + LxcfsProcess.device() + " ");
    }

    private static List<String> covers(Container container, String words) {
        return container
                .exec("cat", "/proc/self/mountinfo")
                .lines()
                .filter(line -> line.contains(" - fuse.lxcfs ") && line.contains(words))
                .map(line -> line.split(" ", -1)[4])
                .sorted()
                .toList();
    }

    private static String memoryOfTheNode() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
    }

    @Test
    void aContainerSeesItsOwnMemoryProcessorsAndUptime() throws Exception {
        Container container = node.runPod("limited").run(limited());
        assertThat(memory(container)).isEqualTo(LIMITED);
        assertThat(container.exec("grep", "-c", "^processor", "/proc/cpuinfo")).isEqualTo("1");
        assertThat(container.exec("grep", "-c", "^cpu[0-9]", "/proc/stat")).isEqualTo("1");
        assertThat(container.exec("cat", "/sys/devices/system/cpu/online")).isEqualTo("0");
        double uptime = Double.parseDouble(container.exec("cut", "-d ", "-f1", "/proc/uptime"));
        double ofTheNode =
                Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ", 2)[0]);
        assertThat(uptime).isBetween(0.0, 30.0).isLessThan(ofTheNode);
        assertThat(covers(container)).isEqualTo(COVERED);
        assertThat(container.exec("grep", "fuse.lxcfs", "/proc/self/mountinfo").lines())
                .allMatch(line -> line.contains(" ro,nosuid,nodev,noexec,relatime - fuse.lxcfs "));
        assertThat(node.cri()
                        .runtime()
                        .containerStatus(ContainerStatusRequest.newBuilder()
                                .setContainerId(container.id())
                                .setVerbose(true)
                                .build())
                        .getInfoOrThrow("info"))
                .contains("\"lxcfs\":true");
    }

    /**
     * What the start scripts of servers do, since the JVM asks sysinfo(2) and no file: without a script it is the node's memory that counts,
     * lxcfs or not.
     */
    @Test
    void aJvmWithoutContainerSupportIsSizedByWhatItsStartScriptReads() {
        String java = System.getProperty("java.home");
        ContainerConfig.Builder config = limited("""
                total=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
                /java/bin/java -XX:-UseContainerSupport -XX:MaxRAM=${total}k -XX:+PrintFlagsFinal -version 2>/dev/null |
                  awk '$2 == "MaxHeapSize" {print $4}'
                /java/bin/java -XX:-UseContainerSupport -XX:+PrintFlagsFinal -version 2>/dev/null |
                  awk '$2 == "MaxHeapSize" {print $4}'
                """);
        for (String directory : List.of("/lib", "/lib64", java)) {
            config.addMounts(Mount.newBuilder()
                    .setHostPath(directory)
                    .setContainerPath(directory.equals(java) ? "/java" : directory)
                    .setReadonly(true));
        }
        Container container = node.runPod("jvm").run(config);
        assertThat(container.awaitExit().getExitCode()).isZero();
        List<String> heaps = container.log().stdout();
        assertThat(heaps).hasSize(2);
        assertThat(Long.parseLong(heaps.getFirst()))
                .as("half of less than 256 MiB (MinRAMPercentage)")
                .isEqualTo(LIMIT / 2);
        assertThat(Long.parseLong(heaps.getLast())).as("by sysinfo(2)").isGreaterThan(LIMIT);
    }

    @Test
    void killedAndStartedAgainItIsBackInRunningContainersWithinTwoSeconds() throws Exception {
        Pod pod = node.runPod("steady");
        List<Container> containers = List.of(pod.run(limited()), pod.run(limited()), pod.create(limited()));
        lxcfs.kill();
        LxcfsProcess.unmount();
        lxcfs = LxcfsProcess.start();
        containers.getLast().start();
        for (Container container : containers) {
            Wait.until("right values again", SOON, () -> memory(container), LIMITED::equals);
            // The files are replaced one after the other, and that of memory is not the last.
            Wait.until("all files of the new one", SOON, () -> coversOfTheLiving(container), COVERED::equals);
        }
    }

    @Test
    void asLongAsItIsDeadTheKernelsOwnFilesAreSeen() throws Exception {
        Container container = node.runPod("waiting").run(limited());
        lxcfs.kill();
        Wait.until("the kernel's own", SOON, () -> memory(container), memoryOfTheNode()::equals);
        Wait.until("no dead mount", SOON, () -> covers(container), List::isEmpty);
        assertThat(container.exec("cat", "/sys/devices/system/cpu/online"))
                .isEqualTo(Files.readString(Path.of("/sys/devices/system/cpu/online"))
                        .strip());
        LxcfsProcess.unmount();
        lxcfs = LxcfsProcess.start();
        Wait.until("right values again", SOON, () -> memory(container), LIMITED::equals);
    }

    @Test
    void aNewDaemonPutsInOrderWhatHappenedWhileThereWasNone() throws Exception {
        Container container = node.runPod("orphan").run(limited());
        node.daemon().kill();
        try {
            lxcfs.kill();
            LxcfsProcess.unmount();
            lxcfs = LxcfsProcess.start();
            assertThat(memory(container.id())).contains("Transport endpoint is not connected");
        } finally {
            node.startDaemon();
        }
        Wait.until("right values again", SOON, () -> memory(container), LIMITED::equals);
        Wait.until("all files of the new one", SOON, () -> coversOfTheLiving(container), COVERED::equals);
    }

    /** As the container sees it, without a daemon to run a command in it. */
    private static String memory(String containerId) throws IOException {
        String init = Files.readString(Path.of("/run/fairlead/containers", containerId, "record.json"))
                .replaceAll(".*\"init\":\\{\"pid\":(\\d+).*", "$1");
        Command.Result result = Command.run("cat", "/proc/" + init + "/root/proc/meminfo");
        return result.out() + result.err();
    }

    @Test
    void whatAContainerHasMountedItselfStaysOnTop(@TempDir Path shared) throws Exception {
        ContainerConfig.Builder config = limited("""
                echo mine >/mine && mount --bind /mine /proc/uptime && mount -t tmpfs none /sys/devices/system/cpu && touch /shared/ready
                sleep 600
                """)
                .addMounts(Mount.newBuilder().setHostPath(shared.toString()).setContainerPath("/shared"));
        config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
        Container container = node.runPrivilegedPod("mounting").run(config);
        Wait.until("mounted", Duration.ofSeconds(10), () -> Files.exists(shared.resolve("ready")), ready -> ready);
        lxcfs.kill();
        LxcfsProcess.unmount();
        lxcfs = LxcfsProcess.start();
        Wait.until("right values again", SOON, () -> memory(container), LIMITED::equals);
        assertThat(container.exec("cat", "/proc/uptime")).isEqualTo("mine");
        assertThat(container.exec("ls", "/sys/devices/system/cpu")).isEmpty();
    }

    @Test
    void aMountThatThePodAsksForWins(@TempDir Path volume) throws Exception {
        Path own = Files.writeString(volume.resolve("uptime"), "of the pod\n");
        Container container = node.runPod("own")
                .run(limited()
                        .addMounts(
                                Mount.newBuilder().setHostPath(own.toString()).setContainerPath("/proc/uptime")));
        assertThat(container.exec("cat", "/proc/uptime")).isEqualTo("of the pod");
        assertThat(covers(container)).hasSize(COVERED.size() - 1).doesNotContain("/proc/uptime");
    }

    @Test
    void maskedAndReadOnlyPathsStayMaskedAndReadOnly() {
        ContainerConfig.Builder config = limited();
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .addAllMaskedPaths(List.of("/proc/kcore", "/proc/slabinfo", "/sys/firmware"))
                .addAllReadonlyPaths(List.of("/proc/sys", "/proc/meminfo"));
        Container container = node.runPod("masked").run(config);
        assertThat(container.exec("cat", "/proc/slabinfo")).isEmpty();
        assertThat(memory(container)).isEqualTo(LIMITED);
        assertThat(container
                        .execSync(SOON, "sh", "-c", "echo 1 >/proc/sys/kernel/domainname")
                        .getExitCode())
                .isNotZero();
    }

    @Test
    void podsThatShareAPidNamespaceSeeTheirLimitsToo() {
        for (NamespaceMode mode : List.of(NamespaceMode.NODE, NamespaceMode.CONTAINER)) {
            Container container = node.runPod("pid", config -> {
                        config.getLinuxBuilder()
                                .getSecurityContextBuilder()
                                .setNamespaceOptions(
                                        NamespaceOption.newBuilder().setPid(mode));
                        return config;
                    })
                    .run(limited());
            assertThat(memory(container)).as("%s", mode).isEqualTo(LIMITED);
        }
    }

    @Test
    void offIsOff() throws Exception {
        Container container = pod("off", "off").run(limited());
        assertThat(covers(container)).isEmpty();
        assertThat(memory(container)).isEqualTo(memoryOfTheNode());
    }

    @Test
    void withoutLxcfsAutoDoesNothingAndRequiredRefuses() throws Exception {
        Pod auto = pod("auto", "auto");
        Pod required = pod("required", "required");
        assertThat(covers(required.run(limited()))).isEqualTo(COVERED);
        lxcfs.kill();
        Container without = auto.run(limited());
        assertThat(covers(without)).isEmpty();
        assertThat(memory(without)).isEqualTo(memoryOfTheNode());
        Refused.by(() -> required.create(limited()))
                .as(Status.Code.FAILED_PRECONDITION, "lxcfs is required", "dead mount", "systemctl start lxcfs");
        LxcfsProcess.unmount();
        Refused.by(() -> required.create(limited()))
                .as(Status.Code.FAILED_PRECONDITION, "lxcfs is required", "nothing is mounted at /var/lib/lxcfs");
    }

    @Test
    void anAnnotationThatIsNoModeIsRefused() {
        Refused.by(() -> pod("wrong", "on"))
                .as(Status.Code.INVALID_ARGUMENT, ANNOTATION, "\"on\" is none of auto, off, required");
    }

    @Test
    void aHangingLxcfsHoldsNobody() throws Exception {
        Container before = node.runPod("before").run(limited());
        Pod pod = node.runPod("hanging");
        lxcfs.suspend();
        try {
            Wait.until("the kernel's own files", Duration.ofSeconds(10), () -> covers(before), List::isEmpty);
            Container during = pod.run(limited());
            assertThat(memory(during)).isEqualTo(memoryOfTheNode());
        } finally {
            lxcfs.resume();
        }
        Wait.until("right values again", SOON, () -> memory(before), LIMITED::equals);
    }
}
