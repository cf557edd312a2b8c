package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.Capability;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.ContainerStatusRequest;
import dev.fairlead.cri.v1.Device;
import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import dev.fairlead.cri.v1.RuntimeHandler;
import dev.fairlead.cri.v1.StatusRequest;
import dev.fairlead.cri.v1.UserNamespace;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods whose users are others on the node: seen from inside, and from the node. */
@OnNode
class UserNamespacePodTest {
    private static final int FIRST = 0x7000_0000;
    private static final int LENGTH = 65536;
    private static final Pattern PID = Pattern.compile("\"pid\":\\s*(\\d+)");

    private final Node node;

    UserNamespacePodTest(Node node) {
        this.node = node;
    }

    private static IDMapping ids(int first) {
        return IDMapping.newBuilder()
                .setContainerId(0)
                .setHostId(first)
                .setLength(LENGTH)
                .build();
    }

    private static UserNamespace.Builder users(int first) {
        return UserNamespace.newBuilder()
                .setMode(NamespaceMode.POD)
                .addUids(ids(first))
                .addGids(ids(first));
    }

    private static NamespaceOption.Builder options(PodSandboxConfig.Builder config) {
        return config.getLinuxBuilder().getSecurityContextBuilder().getNamespaceOptionsBuilder();
    }

    private Pod pod(int first, UnaryOperator<PodSandboxConfig.Builder> change) {
        return node.runPod("users", config -> {
            options(config).setUsernsOptions(users(first));
            return change.apply(config);
        });
    }

    private Pod pod() {
        return pod(FIRST, UnaryOperator.identity());
    }

    private static ContainerConfig.Builder idle() {
        return Node.command("sleep", "1000");
    }

    private static ContainerConfig.Builder as(ContainerConfig.Builder config, int user) {
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setRunAsUser(Int64Value.newBuilder().setValue(user))
                .setRunAsGroup(Int64Value.newBuilder().setValue(user));
        return config;
    }

    private static ContainerConfig.Builder with(ContainerConfig.Builder config, String... capabilities) {
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setCapabilities(Capability.newBuilder().addAllAddCapabilities(List.of(capabilities)));
        return config;
    }

    private static Mount.Builder mount(Path source, String target) {
        return Mount.newBuilder().setHostPath(source.toString()).setContainerPath(target);
    }

    /** As the kubelet sends volumes of a pod with a user namespace. */
    private static Mount.Builder mapped(Path source, String target) {
        return mount(source, target).addUidMappings(ids(FIRST)).addGidMappings(ids(FIRST));
    }

    /** The first process, as the node numbers it. */
    private int pid(Container container) {
        String info = node.cri()
                .runtime()
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(container.id())
                        .setVerbose(true)
                        .build())
                .getInfoMap()
                .toString();
        Matcher matcher = PID.matcher(info);
        assertThat(matcher.find()).as(info).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    private static int owner(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    private static void own(Path path, int owner) throws IOException {
        Files.setAttribute(path, "unix:uid", owner);
        Files.setAttribute(path, "unix:gid", owner);
    }

    private List<String> statusOf(Container container) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid(container) + "/status"));
    }

    /** What a command in it says; it may fail. */
    private static String said(Container container, String script) {
        var response = container.execSync(Duration.ofSeconds(20), "sh", "-c", "{ " + script + "\n} 2>&1");
        return response.getStdout().toStringUtf8().strip();
    }

    @Test
    void rootAndUsersInsideAreOthersOnTheNode() throws Exception {
        Pod pod = pod();
        Container root = pod.run(idle());
        Container app = pod.run(as(idle(), 1000));
        assertThat(said(root, "id -u; id -g; cat /proc/self/uid_map").replaceAll(" +", " "))
                .isEqualTo("0\n0\n 0 " + FIRST + " " + LENGTH);
        assertThat(statusOf(root)).contains("Uid:\t" + (FIRST + "\t").repeat(4).strip());
        assertThat(said(app, "id -u; id -g")).isEqualTo("1000\n1000");
        assertThat(statusOf(app))
                .contains(
                        "Uid:\t" + (FIRST + 1000 + "\t").repeat(4).strip(),
                        "Gid:\t" + (FIRST + 1000 + "\t").repeat(4).strip());
        assertThat(said(root, "grep CapEff /proc/1/status")).endsWith("00000000a80425fb");
        // What the image says of its files holds inside; what the container writes belongs to its own users on disk.
        assertThat(said(root, "stat -c %u /bin/busybox / /etc/passwd")).isEqualTo("0\n0\n0");
        assertThat(said(root, "mkdir /made && touch /made/it && chmod 4755 /made/it && stat -c %u:%a /made/it"))
                .isEqualTo("0:4755");
        Path made = Path.of("/proc/" + pid(root) + "/root/made/it");
        assertThat(owner(made)).isEqualTo(FIRST);
        assertThat(said(root, "chown 7:8 /made/it; stat -c %u:%g /made/it")).isEqualTo("7:8");
        assertThat(owner(made)).isEqualTo(FIRST + 7);
        if (Daemon.isFairlead()) {
            Path upper = Path.of("/var/lib/fairlead/containers/" + root.id() + "/upper");
            assertThat(owner(upper)).isEqualTo(FIRST);
            assertThat(owner(upper.resolve("made"))).isEqualTo(FIRST);
        }
        assertThat(said(root, "chown 70000 /made/it")).contains("Invalid argument");
    }

    @Test
    void ownOutputCanBeOpenedAgain() {
        Pod pod = pod();
        for (int user : new int[] {0, 1000}) {
            Container container = pod.run(as(Node.shell("echo out >/dev/stdout; echo err >/dev/stderr"), user));
            assertThat(container.awaitExit().getExitCode()).isZero();
            assertThat(container.log().stdout()).containsExactly("out");
            assertThat(container.log().stderr()).containsExactly("err");
        }
        Container terminal = pod.run(as(Node.shell("stat -c %u:%g $(tty); echo again >$(tty); id -u"), 1000)
                .setTty(true));
        assertThat(terminal.awaitExit().getExitCode()).isZero();
        assertThat(terminal.log().stdout().toString()).contains("1000:", "again");
    }

    @Test
    void volumesWithMappingsShowTheirOwnersAndOthersNobodys(@TempDir Path volume) throws Exception {
        Files.setAttribute(volume, "unix:mode", 0755);
        Files.writeString(volume.resolve("of-app"), "app");
        own(volume.resolve("of-app"), 1000);
        Files.writeString(volume.resolve("secret"), "of the node's root");
        Files.setAttribute(volume.resolve("secret"), "unix:mode", 0600);
        Path shared = Files.createDirectory(volume.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        Pod pod = pod();
        Container container = pod.run(idle().addMounts(mapped(volume, "/mapped"))
                .addMounts(mount(volume, "/plain"))
                .addMounts(mapped(volume, "/ro").setReadonly(true)));
        assertThat(said(
                        container,
                        "stat -c %u:%g /mapped/of-app; cat /mapped/secret; echo; stat -c %u:%g /plain/of-app"))
                .isEqualTo("1000:1000\nof the node's root\n65534:65534");
        assertThat(said(container, "cat /plain/secret")).contains("Permission denied");
        assertThat(said(container, "touch /plain/mine")).contains("Permission denied");
        assertThat(said(container, "touch /ro/mine")).contains("Read-only file system");
        Container app =
                pod.run(as(idle().addMounts(mapped(shared, "/mapped")).addMounts(mount(shared, "/plain")), 1000));
        assertThat(said(app, "touch /mapped/by-app && stat -c %u /mapped/by-app"))
                .isEqualTo("1000");
        assertThat(owner(shared.resolve("by-app"))).isEqualTo(1000);
        assertThat(said(app, "touch /plain/by-app-too && stat -c %u /plain/by-app-too"))
                .isEqualTo("1000");
        assertThat(owner(shared.resolve("by-app-too"))).isEqualTo(FIRST + 1000);
    }

    @Test
    void thePodHasOneUserNamespaceThatOwnsTheOthers() {
        Pod pod = pod();
        Container first = pod.run(with(idle(), "NET_ADMIN", "SYS_ADMIN"));
        Container second = pod.run(idle());
        Container elsewhere = pod(FIRST + LENGTH, UnaryOperator.identity()).run(idle());
        for (String kind : List.of("user", "net", "ipc", "uts")) {
            String link = "readlink /proc/self/ns/" + kind;
            assertThat(said(first, link)).isEqualTo(said(second, link)).isNotEqualTo(said(elsewhere, link));
        }
        // What root inside is root of.
        assertThat(
                        said(
                                first,
                                "hostname renamed && ip addr add 10.99.0.1/32 dev lo && mkdir /own && mount -t tmpfs mine /own"))
                .isEmpty();
        assertThat(said(second, "hostname; ip -o addr show dev lo"))
                .startsWith("renamed")
                .contains("10.99.0.1");
        assertThat(said(second, "hostname no")).contains("Operation not permitted");
    }

    @Test
    void rootInsideHasNoPowerOverTheNode(@TempDir Path readOnly) throws Exception {
        Command.run("mount", "-t", "tmpfs", "-o", "ro,nodev", "made-read-only", readOnly.toString());
        try {
            ContainerConfig.Builder config =
                    idle().addMounts(mount(readOnly, "/plain")).addMounts(mapped(readOnly, "/mapped"));
            config.getMountsBuilder(0).setReadonly(true);
            config.getMountsBuilder(1).setReadonly(true);
            Container container = pod().run(with(config, "ALL"));
            assertThat(said(container, "grep CapEff /proc/self/status")).doesNotContain("00000000a80425fb");
            for (String path : List.of("/plain", "/mapped")) {
                assertThat(said(container, "mount -o remount,bind,rw " + path))
                        .as("locked, since the node made it read-only: " + path)
                        .containsAnyOf("permission denied", "Operation not permitted");
                assertThat(said(container, "grep ' " + path + " ' /proc/self/mountinfo"))
                        .contains(" ro,nodev");
            }
            assertThat(said(container, "mknod /sda b 8 0")).contains("Operation not permitted");
            assertThat(said(container, "echo 1 >/proc/sys/kernel/panic")).containsAnyOf("Permission", "Read-only");
            assertThat(said(container, "date -s 2020-01-01")).contains("Operation not permitted");
            assertThat(said(container, "dd if=/dev/zero of=/m bs=64 count=1 2>/dev/null; insmod /m"))
                    .contains("can't insert");
        } finally {
            Command.run("umount", readOnly.toString());
        }
    }

    @Test
    void procSysDevicesAndSharedMemoryAreThere() {
        ContainerConfig.Builder config = idle();
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .addAllMaskedPaths(List.of("/proc/timer_list", "/proc/keys", "/sys/firmware"))
                .addAllReadonlyPaths(List.of("/proc/sys", "/proc/irq"));
        Pod pod = pod();
        Container root = pod.run(config);
        Container app = pod.run(as(idle(), 1000));
        assertThat(said(root, "cat /proc/1/comm; ls /proc | grep -c '^[0-9]'; ls /sys/class/net"))
                .startsWith("sleep\n")
                .contains("eth0", "lo");
        assertThat(said(root, "wc -c </proc/timer_list; wc -c </proc/keys; ls /sys/firmware | wc -l"))
                .isEqualTo("0\n0\n0");
        assertThat(said(root, "echo 1 >/proc/sys/net/ipv4/ip_forward")).contains("Read-only file system");
        assertThat(said(root, "ls /sys/fs/cgroup | wc -l; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/memory/x"))
                .contains("Read-only")
                .doesNotStartWith("0");
        assertThat(
                        said(
                                root,
                                "cut -d' ' -f5 /proc/self/mountinfo | grep -E '^/(proc|sys|dev|dev/pts|dev/mqueue|dev/shm|sys/fs/cgroup)$' | sort -u | wc -l"))
                .isEqualTo("7");
        assertThat(
                        said(
                                root,
                                "head -c 4 /dev/zero | wc -c; echo x >/dev/null && head -c 3 /dev/urandom | wc -c; stat -c %t:%T:%a /dev/null"))
                .isEqualTo("4\n3\n1:3:666");
        assertThat(said(root, "stat -c %u:%g:%a /dev/shm; touch /dev/mqueue/queue && ls /dev/mqueue"))
                .isEqualTo("0:0:1777\nqueue");
        assertThat(said(app, "echo hello >/dev/shm/note && stat -c %u /dev/shm/note"))
                .isEqualTo("1000");
        assertThat(said(root, "cat /dev/shm/note; rm /dev/shm/note")).isEqualTo("hello");
        assertThat(
                        said(
                                root,
                                "stat -c %u /etc/hosts /etc/resolv.conf /etc/hostname; echo 127.0.0.9 nine >>/etc/hosts && cat /etc/hosts"))
                .startsWith("0\n0\n0\n")
                .contains("nine");
        assertThat(said(app, "cat /etc/hosts >/dev/null && cat /etc/resolv.conf >/dev/null && cat /etc/hostname"))
                .isEqualTo("users");
    }

    @Test
    void networkPortsHostnameAndSysctls() {
        Pod serving = pod(FIRST, config -> {
            config.getLinuxBuilder()
                    .putSysctls("net.ipv4.ip_unprivileged_port_start", "80")
                    .putSysctls("net.ipv4.ping_group_range", "0 2147483647")
                    .putSysctls("kernel.shm_rmid_forced", "1")
                    .putSysctls("kernel.msgmax", "9000")
                    .putSysctls("fs.mqueue.msg_max", "33");
            return config.setHostname("served")
                    .addPortMappings(PortMapping.newBuilder()
                            .setProtocol(Protocol.TCP)
                            .setContainerPort(7000)
                            .setHostPort(17001));
        });
        serving.run(Node.shell("while :; do echo welcome | nc -l -p 7000; done"));
        Container user = serving.run(as(idle(), 1000));
        assertThat(said(
                        user,
                        "hostname; cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range"
                                + " kernel/shm_rmid_forced kernel/msgmax fs/mqueue/msg_max"))
                .isEqualTo("served\n80\n0\t65535\n1\n9000\n33");
        assertThat(said(serving.run(idle()), "ping -c 1 -W 2 127.0.0.1")).contains("1 packets received");
        Container asking = pod(FIRST + LENGTH, UnaryOperator.identity()).run(idle());
        String address = serving.status().getNetwork().getIp();
        for (String target : List.of(address + " 7000", "10.111.0.1 17001")) {
            Wait.until(
                    target + " answers",
                    Duration.ofSeconds(10),
                    () -> said(asking, "nc -w 2 " + target),
                    "welcome"::equals);
        }
    }

    @Test
    void processesAreSharedWhenAsked() throws Exception {
        Pod pod = pod(FIRST, config -> {
            options(config).setPid(NamespaceMode.POD);
            return config;
        });
        Container first = pod.run(Node.command("sleep", "1001"));
        Container second = pod.run(Node.command("sleep", "1002"));
        assertThat(said(second, "ps -o args")).contains("sleep 1001", "sleep 1002", "fairlead-pause");
        assertThat(said(second, "readlink /proc/self/ns/pid /proc/self/ns/user"))
                .isEqualTo(said(first, "readlink /proc/self/ns/pid /proc/self/ns/user"));
        assertThat(said(second, "stat -c %u /proc/1")).isEqualTo("0");
        node.daemon().kill();
        node.startDaemon();
        assertThat(said(second, "ps -o args")).contains("sleep 1001");
        assertThat(said(pod.run(idle()), "ps -o args")).contains("sleep 1002");
    }

    @Test
    void theDaemonMayDie() throws Exception {
        Pod pod = pod();
        Container running = pod.run(Node.shell("trap 'exit 5' TERM; while :; do usleep 10000; done"));
        var before = pod.status();
        String namespace = said(running, "readlink /proc/self/ns/user");
        node.daemon().kill();
        node.startDaemon();
        assertThat(pod.status()).isEqualTo(before);
        assertThat(pod.status().getLinux().getNamespaces().getOptions().getUsernsOptions())
                .isEqualTo(users(FIRST).build());
        assertThat(said(running, "readlink /proc/self/ns/user")).isEqualTo(namespace);
        Container later = pod.run(idle());
        assertThat(said(later, "readlink /proc/self/ns/user")).isEqualTo(namespace);
        running.stop(Duration.ofSeconds(10));
        assertThat(running.status().getExitCode()).isEqualTo(5);
        later.stop(Duration.ZERO);
        assertThat(later.status().getExitCode()).isEqualTo(137);
    }

    @Test
    void aPrivilegedContainerIsPrivilegedInItsNamespaceAlone() {
        ContainerConfig.Builder config = idle();
        config.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
        Container container = pod(FIRST, pod -> {
                    pod.getLinuxBuilder().getSecurityContextBuilder().setPrivileged(true);
                    return pod;
                })
                .run(config);
        assertThat(said(
                        container,
                        "id -u; mkdir /own; mount -t tmpfs mine /own; echo 1 >/proc/sys/net/ipv4/ip_forward"))
                .isEqualTo("0");
        assertThat(said(container, "echo 1 >/proc/sys/kernel/panic")).contains("Permission denied");
        assertThat(said(container, "mknod /sda b 8 0")).contains("Operation not permitted");
    }

    @Test
    void theNodesNetworkMayBeTheirs() {
        Pod pod = pod(FIRST, config -> {
            options(config).setNetwork(NamespaceMode.NODE);
            return config.clearHostname();
        });
        Container container = pod.run(with(idle(), "ALL"));
        assertThat(said(container, "hostname; ip -o addr"))
                .startsWith("fairlead-node")
                .contains("10.111.0.1");
        assertThat(said(container, "ls /sys/class/net; cat /proc/self/uid_map"))
                .contains("eth0")
                .contains(Integer.toString(FIRST));
        assertThat(said(container, "ip addr add 10.99.0.2/32 dev lo; hostname renamed"))
                .contains(
                        "ip: RTNETLINK answers: Operation not permitted",
                        "hostname: sethostname: Operation not permitted");
        assertThat(said(container, "mkdir /own && mount -t sysfs mine /own; echo 1 >/sys/class/net/lo/mtu"))
                .contains("mount: permission denied")
                .containsAnyOf("Read-only file system", "Permission denied");
    }

    @Test
    void aDeviceUnderAnotherName() {
        Container container = pod().run(idle().addDevices(
                        Device.newBuilder().setHostPath("/dev/zero").setContainerPath("/dev/mine"))
                .addDevices(Device.newBuilder()
                        .setHostPath("/dev/kmsg")
                        .setContainerPath("/dev/messages")
                        .setPermissions("r")));
        assertThat(said(container, "head -c 3 /dev/mine | wc -c; stat -c %u:%a /dev/mine"))
                .isEqualTo("3\n0:666");
        assertThat(said(container, ": >/dev/messages")).contains("Operation not permitted");
    }

    @Test
    void whatCannotBeIsRefusedInWords() {
        refused(config -> options(config).setPid(NamespaceMode.NODE), "pid: NODE");
        refused(config -> options(config).setIpc(NamespaceMode.NODE), "ipc: NODE");
        refused(config -> options(config).getUsernsOptionsBuilder().clearUids(), "userns_options.uids: 0 ranges");
        refused(config -> options(config).getUsernsOptionsBuilder().addGids(ids(9)), "userns_options.gids: 2 ranges");
        refused(
                config -> options(config)
                        .getUsernsOptionsBuilder()
                        .getUidsBuilder(0)
                        .setContainerId(5),
                "userns_options.uids",
                "0, root, must be among them");
        refused(
                config -> options(config)
                        .getUsernsOptionsBuilder()
                        .getUidsBuilder(0)
                        .setHostId(0),
                "the node's root",
                "65536");
        refused(
                config -> options(config)
                        .getUsernsOptionsBuilder()
                        .getGidsBuilder(0)
                        .setHostId(-2),
                "gids",
                "the last there is is");
        refused(
                config -> options(config).getUsernsOptionsBuilder().setMode(NamespaceMode.CONTAINER),
                "userns_options.mode: CONTAINER");
        refused(config -> options(config).getUsernsOptionsBuilder().setMode(NamespaceMode.NODE), "mode is NODE");
    }

    private void refused(java.util.function.Consumer<PodSandboxConfig.Builder> change, String... words) {
        Refused.by(() -> pod(FIRST, config -> {
                    change.accept(config);
                    return config;
                }))
                .as(Status.Code.INVALID_ARGUMENT, words);
    }

    @Test
    @OnlyFairlead
    void theKubeletIsTold() {
        assertThat(node.cri()
                        .runtime()
                        .status(StatusRequest.getDefaultInstance())
                        .getRuntimeHandlersList())
                .extracting(RuntimeHandler::getFeatures)
                .allMatch(features -> features.getUserNamespaces());
        assertThat(node.cri()
                        .runtime()
                        .status(StatusRequest.getDefaultInstance())
                        .getFeatures()
                        .getUserNamespacesHostNetwork())
                .isTrue();
    }
}
