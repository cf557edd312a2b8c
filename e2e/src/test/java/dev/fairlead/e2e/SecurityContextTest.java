package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cri.v1.Capability;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.HugepageLimit;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.LinuxContainerResources;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.SELinuxOption;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import dev.fairlead.cri.v1.SupplementalGroupsPolicy;
import dev.fairlead.cri.v1.WindowsContainerConfig;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.api.io.TempDir;

/** The rarer wishes of security contexts, and what becomes of those that cannot be granted here. */
@OnNode
class SecurityContextTest {
    private final Node node;

    SecurityContextTest(Node node) {
        this.node = node;
    }

    static boolean kernelHasAppArmor() {
        return Files.exists(Path.of("/sys/module/apparmor"));
    }

    static boolean kernelHasSelinux() {
        return Files.exists(Path.of("/sys/fs/selinux/enforce"));
    }

    private static ContainerConfig.Builder idle(Consumer<LinuxContainerSecurityContext.Builder> change) {
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        change.accept(config.getLinuxBuilder().getSecurityContextBuilder());
        return config;
    }

    private static LinuxContainerSecurityContext.Builder as(LinuxContainerSecurityContext.Builder security, long uid) {
        return security.setRunAsUser(Int64Value.newBuilder().setValue(uid));
    }

    private static SecurityProfile.Builder profile(ProfileType type, String name) {
        return SecurityProfile.newBuilder().setProfileType(type).setLocalhostRef(name);
    }

    @Test
    void ambientCapabilitiesStayWithAUserThatIsNotRoot() {
        Container container = node.runPod("ambient")
                .run(idle(security -> as(security, 1000)
                        .setCapabilities(Capability.newBuilder()
                                .addDropCapabilities("ALL")
                                .addAddCapabilities("NET_BIND_SERVICE")
                                .addAddAmbientCapabilities("NET_BIND_SERVICE"))));
        for (String process : new String[] {"1", "self"}) {
            assertThat(container.exec("grep", "Cap", "/proc/" + process + "/status"))
                    .contains("CapEff:\t0000000000000400", "CapAmb:\t0000000000000400", "CapInh:\t0000000000000400");
        }
    }

    @Test
    void onlyTheGroupsThatAreAskedForWhereThePolicyIsStrict() {
        Pod pod = node.runPod("groups");
        for (SupplementalGroupsPolicy policy :
                new SupplementalGroupsPolicy[] {SupplementalGroupsPolicy.Merge, SupplementalGroupsPolicy.Strict}) {
            Container container = pod.run(idle(
                    security -> as(security, 1000).addSupplementalGroups(4000).setSupplementalGroupsPolicy(policy)));
            Long[] groups = policy == SupplementalGroupsPolicy.Strict
                    ? new Long[] {1000L, 4000L}
                    : new Long[] {1000L, 2000L, 2001L, 4000L};
            assertThat(container.exec("id", "-G").split(" "))
                    .as("%s", policy)
                    .containsExactlyInAnyOrder(java.util.Arrays.stream(groups)
                            .map(Object::toString)
                            .toArray(String[]::new));
            var user = container.status().getUser().getLinux();
            assertThat(user.getUid()).isEqualTo(1000);
            assertThat(user.getGid()).isEqualTo(1000);
            assertThat(user.getSupplementalGroupsList()).as("%s", policy).containsExactlyInAnyOrder(groups);
        }
    }

    @Test
    void theProcessesOfATargetAreSeen() {
        Pod pod = node.runPod("target");
        Container target = pod.run(Node.command("sleep", "1234"));
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        config.getMetadataBuilder().setName("debugger");
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setNamespaceOptions(NamespaceOption.newBuilder()
                        .setPid(NamespaceMode.TARGET)
                        .setTargetId(target.id()));
        String id = node.cri()
                .runtime()
                .createContainer(dev.fairlead.cri.v1.CreateContainerRequest.newBuilder()
                        .setPodSandboxId(pod.id())
                        .setConfig(config)
                        .setSandboxConfig(pod.config())
                        .build())
                .getContainerId();
        Container debugger = new Container(node.cri(), id, pod, config.build());
        debugger.start();
        assertThat(debugger.exec("ps", "-o", "args")).contains("sleep 1234");
        assertThat(debugger.exec("readlink", "/proc/self/ns/pid"))
                .isEqualTo(target.exec("readlink", "/proc/self/ns/pid"));
    }

    @Test
    void readOnlyDownToTheLastSubmount(@TempDir Path volume) throws Exception {
        Path below = Files.createDirectory(volume.resolve("below"));
        Command.run("mount", "-t", "tmpfs", "tmpfs", below.toString()).output();
        try {
            for (boolean recursive : new boolean[] {false, true}) {
                Container container = node.runPod("rro")
                        .run(Node.command("sleep", "1000")
                                .addMounts(Mount.newBuilder()
                                        .setHostPath(volume.toString())
                                        .setContainerPath("/data")
                                        .setReadonly(true)
                                        .setRecursiveReadOnly(recursive)));
                assertThat(container.exec("sh", "-c", "echo x 2>&1 >/data/x; true"))
                        .contains("Read-only file system");
                String said = container.exec("sh", "-c", "echo x 2>&1 >/data/below/x; true");
                if (recursive) {
                    assertThat(said).contains("Read-only file system");
                } else {
                    assertThat(said).isEmpty();
                }
            }
            Pod pod = node.runPod("rro");
            Mount.Builder mount = Mount.newBuilder()
                    .setHostPath(volume.toString())
                    .setContainerPath("/data")
                    .setRecursiveReadOnly(true);
            Refused.by(() -> pod.create(Node.command("true").addMounts(mount)))
                    .as(Status.Code.INVALID_ARGUMENT, "mounts[0].recursive_read_only", "readonly");
            Refused.by(() -> pod.create(Node.command("true")
                            .addMounts(mount.setReadonly(true)
                                    .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER))))
                    .as(Status.Code.INVALID_ARGUMENT, "mounts[0].recursive_read_only", "PROPAGATION_PRIVATE");
        } finally {
            Command.run("umount", below.toString()).output();
        }
    }

    @Test
    void whatIsMountedInsideComesToTheNodeWherePropagationGoesBothWays(@TempDir Path volume) throws Exception {
        ContainerConfig.Builder config = idle(security -> security.setPrivileged(true))
                .addMounts(Mount.newBuilder()
                        .setHostPath(volume.toString())
                        .setContainerPath("/data")
                        .setPropagation(MountPropagation.PROPAGATION_BIDIRECTIONAL));
        Container container = node.runPrivilegedPod("propagation").run(config);
        container.exec("sh", "-c", "mkdir /data/inner && mount -t tmpfs mine /data/inner && touch /data/inner/here");
        assertThat(volume.resolve("inner/here")).exists();
        Command.run("umount", volume.resolve("inner").toString()).output();
    }

    @Test
    void aLimitOfHugePagesIsTheCgroups() throws Exception {
        ContainerConfig.Builder config = Node.command("sleep", "1000");
        config.getLinuxBuilder()
                .setResources(LinuxContainerResources.newBuilder()
                        .addHugepageLimits(
                                HugepageLimit.newBuilder().setPageSize("2MB").setLimit(4 << 20)));
        Container container = node.runPod("huge").run(config);
        assertThat(container
                        .status()
                        .getResources()
                        .getLinux()
                        .getHugepageLimits(0)
                        .getLimit())
                .isEqualTo(4 << 20);
        assumeTrue(
                Files.exists(Path.of("/sys/fs/cgroup/hugetlb"))
                        || unifiedControllers().contains("hugetlb"),
                "no cgroup of this node counts huge pages");
        assertThat(
                        container.exec(
                                "sh",
                                "-c",
                                "cat /sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes /sys/fs/cgroup/hugetlb.2MB.max 2>/dev/null; true"))
                .isEqualTo("4194304");
    }

    /** Controllers of the unified hierarchy, none where cgroup v1 is mounted instead of it. */
    private static List<String> unifiedControllers() throws IOException {
        Path controllers = Path.of("/sys/fs/cgroup/cgroup.controllers");
        return Files.exists(controllers)
                ? List.of(Files.readString(controllers).strip().split(" "))
                : List.of();
    }

    @Test
    @DisabledIf("kernelHasAppArmor")
    void anAppArmorProfileIsRefusedWhereThereIsNoAppArmor() {
        Pod pod = node.runPod("apparmor");
        Refused.by(() -> pod.create(
                        idle(security -> security.setApparmor(profile(ProfileType.Localhost, "localhost/mine")))))
                .as(Status.Code.INVALID_ARGUMENT, "linux.security_context.apparmor", "mine", "not enabled");
        deprecatedAppArmor(pod);
        for (ProfileType fine : new ProfileType[] {ProfileType.RuntimeDefault, ProfileType.Unconfined}) {
            assertThat(pod.run(idle(security -> security.setApparmor(profile(fine, ""))))
                            .exec("echo", "runs"))
                    .isEqualTo("runs");
        }
    }

    @SuppressWarnings("deprecation") // the fields of old clients
    private static void deprecatedAppArmor(Pod pod) {
        Refused.by(() -> pod.create(idle(security -> security.setApparmorProfile("localhost/mine"))))
                .as(Status.Code.INVALID_ARGUMENT, "linux.security_context.apparmor", "mine", "not enabled");
    }

    @Test
    @SuppressWarnings("deprecation") // the fields of old clients
    void theOldWordForSeccompStillCounts() {
        Pod pod = node.runPod("seccomp");
        assertThat(pod.run(idle(security -> security.setSeccompProfilePath("runtime/default")))
                        .exec("grep", "Seccomp:", "/proc/1/status"))
                .isEqualTo("Seccomp:\t2");
        Refused.by(() -> pod.create(idle(security -> security.setSeccompProfilePath("strange"))))
                .as(Status.Code.INVALID_ARGUMENT, "seccomp_profile_path", "strange");
    }

    @Test
    @DisabledIf("kernelHasSelinux")
    void aContextHasNoEffectWhereThereIsNoSelinux() {
        Pod pod = node.runPod("selinux");
        for (String level : List.of("", "s0:c1,c2")) {
            assertThat(pod.run(idle(security -> security.setSelinuxOptions(
                                    SELinuxOption.newBuilder().setLevel(level))))
                            .exec("echo", "runs"))
                    .isEqualTo("runs");
        }
    }

    @Test
    void aPrivilegedContainerNeedsAPrivilegedPod() {
        Refused.by(() -> node.runPod("plain").create(idle(security -> security.setPrivileged(true))))
                .as(Status.Code.INVALID_ARGUMENT, "linux.security_context.privileged", "sandbox");
    }

    @Test
    @OnlyFairlead
    void whatOtherSystemsHaveIsRefused() {
        Refused.by(() -> node.runPod("windows")
                        .create(Node.command("true").setWindows(WindowsContainerConfig.getDefaultInstance())))
                .as(Status.Code.INVALID_ARGUMENT, "windows");
        Refused.by(() -> node.runPod("ipc", config -> {
                    config.getLinuxBuilder()
                            .getSecurityContextBuilder()
                            .getNamespaceOptionsBuilder()
                            .setIpc(NamespaceMode.CONTAINER);
                    return config;
                }))
                .as(Status.Code.INVALID_ARGUMENT, "namespace_options.ipc", "CONTAINER");
    }

    @Test
    void annotationsAreInTheConfigurationOfTheContainer() {
        Container container = node.runPod("annotations")
                .run(Node.command("sleep", "1000").putAnnotations("vendor.example/note", "for the runtime"));
        assertThat(node.cri()
                        .runtime()
                        .containerStatus(dev.fairlead.cri.v1.ContainerStatusRequest.newBuilder()
                                .setContainerId(container.id())
                                .setVerbose(true)
                                .build())
                        .getInfoOrThrow("info"))
                .contains("\"vendor.example/note\":\"for the runtime\"");
    }
}
