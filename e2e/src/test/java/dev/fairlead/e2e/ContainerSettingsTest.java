package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.fairlead.cri.v1.Capability;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.Device;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.LinuxContainerSecurityContext;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.cri.v1.SecurityProfile;
import dev.fairlead.cri.v1.SecurityProfile.ProfileType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a container's configuration asks for, as seen by the container's own process. */
@OnNode
class ContainerSettingsTest {
    private static final String CONFIGURED = "127.0.0.1:5000/configured:1";
    private static final String SETUID = "127.0.0.1:5000/setuid:1";

    private final Node node;

    ContainerSettingsTest(Node node) {
        this.node = node;
    }

    /** Runs {@code config} to its end, which must be a good one; returns what it printed. */
    private List<String> output(ContainerConfig.Builder config) {
        Container container = node.runPod("settings").run(config);
        assertThat(container.awaitExit().getExitCode())
                .as(() -> "exit code of " + config.getCommandList() + ", stderr "
                        + container.log().stderr())
                .isZero();
        return container.log().stdout();
    }

    private static Map<String, String> status(List<String> procStatus) {
        return procStatus.stream()
                .filter(line -> line.contains(":\t"))
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(':')),
                        line -> line.substring(line.indexOf(':') + 1).strip()));
    }

    private static ContainerConfig.Builder secured(
            ContainerConfig.Builder config, LinuxContainerSecurityContext.Builder security) {
        config.getLinuxBuilder().setSecurityContext(security);
        return config;
    }

    @Test
    void theImagesOwnSettings() {
        node.cri().pull(CONFIGURED);
        List<String> output = output(ContainerConfig.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(CONFIGURED))
                .addArgs("echo $GREETING $HOME $USER; pwd; id -u; id -g; id -G; cat /srv/note"));
        assertThat(output)
                .containsExactly(
                        "hello from the image /home/app",
                        "/srv/made/by/runtime",
                        "1000",
                        "1000",
                        "1000 2000 2001",
                        "from the upper layer");
    }

    @Test
    void commandAndEnvironmentOverrideTheImage() {
        node.cri().pull(CONFIGURED);
        List<String> output = output(ContainerConfig.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(CONFIGURED))
                .addAllCommand(List.of("sh", "-c", "env; readlink /proc/self/cwd"))
                .setWorkingDir("/tmp")
                .addEnvs(KeyValue.newBuilder().setKey("GREETING").setValue("mine"))
                .addEnvs(KeyValue.newBuilder().setKey("EMPTY")));
        assertThat(output)
                .contains("GREETING=mine", "EMPTY=", "/tmp")
                .contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }

    @Test
    void userAndGroups() {
        List<String> output = output(secured(
                Node.shell("id -u; id -g; id -G"),
                LinuxContainerSecurityContext.newBuilder()
                        .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                        .setRunAsGroup(Int64Value.newBuilder().setValue(3000))
                        .addSupplementalGroups(4000)));
        assertThat(output).startsWith("1000", "3000");
        assertThat(output.get(2).split(" ", -1))
                .as("groups: its own, those asked for, those of the image")
                .containsExactlyInAnyOrder("3000", "4000", "2000", "2001");
    }

    @Test
    void aUserByName() {
        assertThat(output(secured(
                        Node.shell("id -u; id -g; id -G"),
                        LinuxContainerSecurityContext.newBuilder().setRunAsUsername("app"))))
                .containsExactly("1000", "1000", "1000 2000 2001");
    }

    @Test
    void capabilitiesAreTheDefaultOnesForRoot() {
        Map<String, String> status = status(output(Node.command("cat", "/proc/self/status")));
        assertThat(status)
                .contains(
                        entry("CapEff", "00000000a80425fb"),
                        entry("CapPrm", "00000000a80425fb"),
                        entry("CapBnd", "00000000a80425fb"),
                        entry("CapInh", "0000000000000000"),
                        entry("CapAmb", "0000000000000000"),
                        entry("NoNewPrivs", "0"),
                        entry("Seccomp", "0"));
    }

    @Test
    void capabilitiesCanBeDroppedAndAdded() {
        Map<String, String> status = status(output(secured(
                Node.command("cat", "/proc/self/status"),
                LinuxContainerSecurityContext.newBuilder()
                        .setCapabilities(Capability.newBuilder()
                                .addDropCapabilities("ALL")
                                .addAddCapabilities("NET_ADMIN")
                                .addAddCapabilities("SYS_TIME")))));
        assertThat(status).contains(entry("CapEff", "0000000002001000"), entry("CapBnd", "0000000002001000"));
    }

    @Test
    void noNewPrivilegesDisarmsSetuid() {
        node.cri().pull(SETUID);
        for (boolean denied : List.of(false, true)) {
            List<String> output = output(secured(
                    ContainerConfig.newBuilder().setImage(ImageSpec.newBuilder().setImage(SETUID)),
                    LinuxContainerSecurityContext.newBuilder()
                            .setRunAsUser(Int64Value.newBuilder().setValue(1000))
                            .setNoNewPrivs(denied)));
            assertThat(output).as("no_new_privs %s", denied).containsExactly(denied ? "1000" : "0");
        }
    }

    @Test
    void seccompOfTheRuntime() {
        List<String> output = output(secured(
                Node.shell("cat /proc/self/status; unshare -U true 2>&1; echo $?"),
                LinuxContainerSecurityContext.newBuilder()
                        .setSeccomp(SecurityProfile.newBuilder().setProfileType(ProfileType.RuntimeDefault))));
        assertThat(status(output)).contains(entry("Seccomp", "2"));
        assertThat(output.getLast()).as("unshare of a user namespace").isNotEqualTo("0");
    }

    @Test
    void seccompOfAFile(@TempDir Path files) throws Exception {
        Path profile = Files.writeString(files.resolve("no-mkdir.json"), """
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                  {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}""");
        assertThat(output(secured(
                        Node.shell("mkdir /tmp/x 2>&1; touch /tmp/y && echo touched"),
                        LinuxContainerSecurityContext.newBuilder()
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(ProfileType.Localhost)
                                        .setLocalhostRef(profile.toString())))))
                .satisfies(lines -> assertThat(lines.getFirst()).contains("No space left on device"))
                .contains("touched");
    }

    @Test
    void aReadOnlyRootWithAWritableVolume(@TempDir Path volume) {
        assertThat(output(secured(
                                Node.shell(
                                        "touch /x 2>&1; touch /data/x && echo written; touch /seen/x 2>&1; cat /seen/x"),
                                LinuxContainerSecurityContext.newBuilder().setReadonlyRootfs(true))
                        .addMounts(Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setContainerPath("/data"))
                        .addMounts(Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setContainerPath("/seen")
                                .setReadonly(true))))
                .satisfiesExactly(
                        line -> assertThat(line).contains("Read-only file system"),
                        line -> assertThat(line).isEqualTo("written"),
                        line -> assertThat(line).contains("Read-only file system"));
        assertThat(volume.resolve("x")).exists();
    }

    @Test
    void pathsAreMaskedAndReadOnly() {
        assertThat(output(secured(
                        Node.shell(
                                "cat /proc/keys | wc -c; ls /proc/scsi | wc -l; echo x > /proc/sys/kernel/shmmax; echo $?"),
                        LinuxContainerSecurityContext.newBuilder()
                                .addMaskedPaths("/proc/keys")
                                .addMaskedPaths("/proc/scsi")
                                .addMaskedPaths("/proc/no-such-file")
                                .addReadonlyPaths("/proc/sys"))))
                .containsExactly("0", "0", "1");
    }

    @Test
    void aPrivilegedOneHasDevicesAndAWritableSys() {
        Pod pod = node.runPrivilegedPod("privileged");
        Container container = pod.run(secured(
                Node.shell("ls /dev | wc -l; mkdir /mnt; mount -t tmpfs none /mnt && echo mounted;"
                        + " grep -c ' /sys sysfs rw' /proc/mounts; cat /proc/self/status"),
                LinuxContainerSecurityContext.newBuilder().setPrivileged(true)));
        assertThat(container.awaitExit().getExitCode()).isZero();
        List<String> output = container.log().stdout();
        assertThat(Integer.parseInt(output.get(0))).as("entries of /dev").isGreaterThan(20);
        assertThat(output).contains("mounted", "1");
    }

    @Test
    void devicesAsAskedAndNoOthers() {
        assertThat(output(Node.shell("(echo x > /dev/full) 2>&1; test -c /dev/mine && head -c 3 /dev/mine | wc -c;"
                                + " mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg 2>&1; echo done")
                        .addDevices(Device.newBuilder()
                                .setHostPath("/dev/zero")
                                .setContainerPath("/dev/mine")
                                .setPermissions("r"))))
                .satisfiesExactly(
                        line -> assertThat(line).contains("No space left"),
                        line -> assertThat(line).isEqualTo("3"),
                        line -> assertThat(line).contains("not permitted"),
                        line -> assertThat(line).isEqualTo("done"));
    }

    @Test
    void mountsOfThePodAreThere() {
        List<String> output = output(Node.shell("hostname; cat /etc/hostname; df -h /dev/shm | tail -1;"
                + " for p in /proc /sys /dev /dev/pts /dev/mqueue /dev/shm; do grep -c \" $p \" /proc/mounts; done;"
                + " ls -l /dev/stdout /dev/fd /dev/ptmx; cat /proc/1/comm"));
        assertThat(output.subList(0, 2)).containsExactly("settings", "settings");
        assertThat(output.get(2)).contains("64.0M").endsWith("/dev/shm");
        assertThat(output.subList(3, 9)).containsOnly("1");
    }

    @Test
    void propagationFromTheHost(@TempDir Path volume) {
        Container container = node.runPod("propagation")
                .run(Node.command("sleep", "1000")
                        .addMounts(Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setContainerPath("/data")
                                .setPropagation(MountPropagation.PROPAGATION_HOST_TO_CONTAINER)));
        Path later = volume.resolve("later");
        assertThat(later.toFile().mkdir()).isTrue();
        Command.run("mount", "-t", "tmpfs", "tmpfs", later.toString()).output();
        try {
            assertThat(container.exec("cat", "/proc/mounts")).contains(" /data/later tmpfs ");
        } finally {
            Command.run("umount", later.toString()).output();
        }
        assertThat(container.exec("cat", "/proc/mounts")).doesNotContain(" /data/later tmpfs ");
    }

    @Test
    void aMountDoesNotFollowALinkOutOfTheRoot(@TempDir Path volume) throws Exception {
        Files.writeString(volume.resolve("file"), "from the volume");
        Files.createSymbolicLink(volume.resolve("door"), Path.of("/var/log"));
        // the second mount's target leads through a link that the first mount brought: to /var/log, but the container's
        assertThat(output(Node.shell("cat /var/log/file")
                        .addMounts(Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setContainerPath("/data"))
                        .addMounts(Mount.newBuilder()
                                .setHostPath(volume.toString())
                                .setContainerPath("/data/door"))))
                .containsExactly("from the volume");
        assertThat(Path.of("/var/log/file")).doesNotExist();
    }
}
