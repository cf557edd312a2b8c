package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.CDIDevice;
import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.cri.v1.Int64Value;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.UserNamespace;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices of the Container Device Interface. */
@OnNode
class CdiTest {
    private static final Path STATIC = Path.of("/etc/cdi");
    private static final Path TRANSIENT = Path.of("/var/run/cdi");

    private final Node node;

    CdiTest(Node node) {
        this.node = node;
    }

    @BeforeEach
    void directories() throws IOException {
        Files.createDirectories(STATIC);
        Files.createDirectories(TRANSIENT);
    }

    @AfterEach
    void files() throws IOException {
        for (Path directory : List.of(STATIC, TRANSIENT)) {
            try (var files = Files.list(directory)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static ContainerConfig.Builder with(ContainerConfig.Builder config, String... devices) {
        for (String device : devices) {
            config.addCDIDevices(CDIDevice.newBuilder().setName(device));
        }
        return config;
    }

    private Container run(String... devices) {
        return node.runPod("devices").run(with(Node.command("sleep", "1000"), devices));
    }

    @Test
    void everythingThatADeviceBringsIsThere(@TempDir Path library) throws Exception {
        Files.writeString(library.resolve("lib"), "of the vendor");
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path hooked = library.resolve("hooked");
        Files.writeString(STATIC.resolve("vendor.json"), """
                {"cdiVersion": "1.0.0", "kind": "vendor.example/card",
                 "containerEdits": {"env": ["CARDS=all"]},
                 "devices": [{"name": "0", "containerEdits": {
                   "env": ["CARD=zero"],
                   "deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/zero", "permissions": "rw"},
                                   {"path": "/dev/messages", "hostPath": "/dev/kmsg", "permissions": "r"},
                                   {"path": "/dev/sink", "type": "c", "major": 1, "minor": 3, "fileMode": 432, "uid": 7, "gid": 8}],
                   "mounts": [{"hostPath": "%s", "containerPath": "/usr/lib/card", "options": ["ro", "rbind"]}],
                   "hooks": [{"hookName": "createRuntime", "path": "/bin/sh", "args": ["sh", "-c", "cat >%s"]}],
                   "additionalGids": [0, 4711]}}]}""".formatted(library, hooked));
        ContainerConfig.Builder config = with(Node.command("sleep", "1000"), "vendor.example/card=0");
        config.getLinuxBuilder()
                .getSecurityContextBuilder()
                .setRunAsUser(Int64Value.newBuilder().setValue(1000));
        Container container = node.runPod("devices").run(config);
        assertThat(container.exec(
                        "sh", "-c", "echo $CARDS $CARD; id -G; cat /usr/lib/card/lib; head -c 3 /dev/card0 | wc -c"))
                .satisfies(said -> assertThat(said.lines().toList().get(0)).isEqualTo("all zero"))
                .satisfies(said ->
                        assertThat(said.lines().toList().get(1).split(" ")).contains("4711"))
                .endsWith("of the vendor3");
        assertThat(container.exec("stat", "-c", "%u:%g:%a", "/dev/sink", "/dev/card0"))
                .isEqualTo("7:8:660\n1000:1000:666");
        assertThat(container.exec("sh", "-c", "(: >/dev/messages) 2>&1; echo x 2>&1 >/usr/lib/card/lib; true"))
                .contains("Operation not permitted", "Read-only file system");
        assertThat(Files.readString(hooked)).contains(container.id());
        assertThat(container.status().getUser().getLinux().getSupplementalGroupsList())
                .contains(4711L);
    }

    @Test
    void whatIsWrittenWhileTheNodeRunsGoesBeforeWhatIsInstalled() throws IOException {
        for (Path directory : List.of(STATIC, TRANSIENT)) {
            Files.writeString(directory.resolve("vendor.yaml"), """
                    cdiVersion: 0.6.0
                    kind: vendor.example/net
                    devices:
                    - name: eth
                      containerEdits:
                        env: ["FROM=%s"]
                    """.formatted(directory));
        }
        Container container = run("vendor.example/net=eth", "vendor.example/net=eth");
        assertThat(container.exec("sh", "-c", "echo $FROM")).isEqualTo("/var/run/cdi");
    }

    @Test
    void annotationsOfDevicePluginsNameDevicesToo() throws IOException {
        Files.writeString(STATIC.resolve("vendor.json"), """
                {"cdiVersion": "0.5.0", "kind": "vendor.example/card", "devices": [
                  {"name": "a", "containerEdits": {"env": ["A=1"]}}, {"name": "b", "containerEdits": {"env": ["B=2"]}}]}""");
        Container container = node.runPod("devices")
                .run(Node.command("sleep", "1000")
                        .putAnnotations("cdi.k8s.io/vendor_card", "vendor.example/card=a,vendor.example/card=b"));
        assertThat(container.exec("sh", "-c", "echo $A$B")).isEqualTo("12");
    }

    @Test
    void aDeviceInAPodWithUsersOfItsOwn(@TempDir Path library) throws Exception {
        Files.writeString(library.resolve("lib"), "of the vendor");
        Files.writeString(STATIC.resolve("vendor.json"), """
                {"cdiVersion": "1.0.0", "kind": "vendor.example/card", "devices": [{"name": "0", "containerEdits": {
                   "deviceNodes": [{"path": "/dev/card0", "hostPath": "/dev/zero"}],
                   "mounts": [{"hostPath": "%s", "containerPath": "/usr/lib/card", "options": ["ro", "rbind"]}]}}]}""".formatted(library));
        IDMapping ids =
                IDMapping.newBuilder().setHostId(0x7200_0000).setLength(65536).build();
        Container container = node.runPod("devices", config -> {
                    config.getLinuxBuilder()
                            .getSecurityContextBuilder()
                            .getNamespaceOptionsBuilder()
                            .setUsernsOptions(UserNamespace.newBuilder()
                                    .setMode(NamespaceMode.POD)
                                    .addUids(ids)
                                    .addGids(ids));
                    return config;
                })
                .run(with(Node.command("sleep", "1000"), "vendor.example/card=0"));
        assertThat(container.exec("sh", "-c", "head -c 3 /dev/card0 | wc -c; stat -c %u /dev/card0 /usr/lib/card/lib"))
                .isEqualTo("3\n0\n0");
    }

    @Test
    void whatIsWrongIsToldInWords() throws IOException {
        Pod pod = node.runPod("devices");
        Refused.by(() -> pod.create(with(Node.command("true"), "card0")))
                .as(Status.Code.INVALID_ARGUMENT, "CDI_devices", "card0", "vendor/class=name");
        Refused.by(() -> pod.create(with(Node.command("true"), "vendor.example/card=0")))
                .as(Status.Code.INVALID_ARGUMENT, "no file in /etc/cdi or /var/run/cdi", "vendor.example/card=0");
        Files.writeString(STATIC.resolve("broken.json"), """
                {"cdiVersion": "1.0.0", "kind": "vendor.example/card", "devices": [{"name": "0", "containerEdit": {}}]}""");
        Refused.by(() -> pod.create(with(Node.command("true"), "vendor.example/card=0")))
                .as(Status.Code.INVALID_ARGUMENT, "/etc/cdi/broken.json", "containerEdit");
        String edits = "{\"intelRdt\": {\"closID\": \"gold\"}}";
        for (String name : List.of("one", "two")) {
            Files.writeString(STATIC.resolve(name + ".json"), """
                    {"cdiVersion": "1.0.0", "kind": "vendor.example/%s", "devices": [{"name": "0", "containerEdits": %s}]}""".formatted(name, edits));
        }
        Files.copy(STATIC.resolve("two.json"), STATIC.resolve("three.json"));
        Refused.by(() -> pod.create(with(Node.command("true"), "vendor.example/one=0")))
                .as(Status.Code.INVALID_ARGUMENT, "/etc/cdi/one.json", "intelRdt");
        Refused.by(() -> pod.create(with(Node.command("true"), "vendor.example/two=0")))
                .as(Status.Code.INVALID_ARGUMENT, "twice", "/etc/cdi/two.json", "/etc/cdi/three.json");
        Files.writeString(STATIC.resolve("gone.json"), """
                {"cdiVersion": "1.0.0", "kind": "vendor.example/gone",
                 "devices": [{"name": "0", "containerEdits": {"deviceNodes": [{"path": "/dev/no-such"}]}}]}""");
        Refused.by(() -> pod.create(with(Node.command("true"), "vendor.example/gone=0")))
                .as(Status.Code.INVALID_ARGUMENT, "/dev/no-such", "/etc/cdi/gone.json");
    }
}
