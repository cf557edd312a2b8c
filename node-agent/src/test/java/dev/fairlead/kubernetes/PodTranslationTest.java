package dev.fairlead.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.KeyValue;
import dev.fairlead.cri.v1.Mount;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what kubelet 1.36 sends for the same pod. */
class PodTranslationTest {
    @TempDir
    Path directory;

    @Test
    void describesTheSandbox() throws IOException {
        PodSandboxConfig sandbox = sandbox("""
                securityContext: {sysctls: [{name: net.core.somaxconn, value: "512"}]}
                containers:
                - name: app
                  image: app:1
                  ports:
                  - {containerPort: 80}
                  - {containerPort: 53, protocol: UDP, hostPort: 5353, hostIP: 127.0.0.1}
                """);
        assertThat(sandbox.getMetadata().getName()).isEqualTo("web");
        assertThat(sandbox.getMetadata().getNamespace()).isEqualTo("shop");
        assertThat(sandbox.getMetadata().getUid()).isEqualTo("0b2c");
        assertThat(sandbox.getHostname()).isEqualTo("web");
        assertThat(sandbox.getLogDirectory()).isEqualTo(directory + "/0b2c/logs");
        assertThat(sandbox.getLabelsMap())
                .containsEntry("app", "web")
                .containsEntry("io.kubernetes.pod.name", "web")
                .containsEntry("io.kubernetes.pod.namespace", "shop")
                .containsEntry("io.kubernetes.pod.uid", "0b2c");
        assertThat(sandbox.getLinux().getSysctlsMap()).containsEntry("net.core.somaxconn", "512");
        assertThat(sandbox.getPortMappingsList())
                .extracting(
                        PortMapping::getContainerPort,
                        PortMapping::getProtocol,
                        PortMapping::getHostPort,
                        PortMapping::getHostIp)
                .containsExactly(tuple(80, Protocol.TCP, 0, ""), tuple(53, Protocol.UDP, 5353, "127.0.0.1"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            {hostname: db}                                              | db
            {hostname: db, subdomain: sub}                              | db
            {hostname: db, subdomain: sub, setHostnameAsFQDN: true}     | db.sub.shop.svc.cluster.local
            {hostNetwork: true}                                         | ''
            """)
    void namesTheHost(String fields, String hostname) throws IOException {
        assertThat(sandbox(fields.substring(1, fields.length() - 1).replace(", ", "\n")
                                + "\ncontainers: [{name: app, image: app:1}]")
                        .getHostname())
                .isEqualTo(hostname);
    }

    @Test
    void cutsAHostNameThatTheKernelWouldNotTake() throws IOException {
        Manifest manifest = Manifests.read("{kind: Pod, metadata: {name: " + "a".repeat(62) + "-b"
                + "}, spec: {containers: [{name: app, image: app:1}]}}");
        assertThat(Hostnames.of(manifest.pod())).isEqualTo("a".repeat(62));
    }

    @Test
    void mergesTheNodesResolverWithThePods() throws IOException {
        Files.writeString(directory.resolve("resolv.conf"), """
                # comment
                nameserver 192.0.2.53
                search old.example
                search corp.example example
                options ndots:5 timeout:1
                """);
        var dns = sandbox("""
                        dnsConfig: {nameservers: [192.0.2.54], searches: [pod.example], options: [{name: ndots, value: "2"}, {name: debug}]}
                        containers: [{name: app, image: app:1}]
                        """).getDnsConfig();
        assertThat(dns.getServersList()).containsExactly("192.0.2.53", "192.0.2.54");
        assertThat(dns.getSearchesList()).containsExactly("corp.example", "example", "pod.example");
        assertThat(dns.getOptionsList()).containsExactly("ndots:2", "timeout:1", "debug");
        var none = sandbox(
                "dnsPolicy: None\ndnsConfig: {nameservers: [192.0.2.54]}\ncontainers: [{name: app, image: app:1}]");
        assertThat(none.getDnsConfig().getServersList()).containsExactly("192.0.2.54");
        assertThatThrownBy(() -> sandbox("dnsPolicy: None\ncontainers: [{name: app, image: app:1}]"))
                .hasMessageContaining("spec.dnsConfig.nameservers");
    }

    @Test
    void describesAContainer() throws IOException {
        ContainerConfig container = container("""
                command: [sh, -c, "echo $(A)"]
                args: ["$(B)", "$(C)"]
                workingDir: /work
                tty: true
                stdin: true
                env: [{name: A, value: "1"}, {name: B, value: "$(A)2"}]
                lifecycle: {preStop: {exec: {command: [bye]}}, stopSignal: SIGUSR1}
                ports: [{containerPort: 80}]
                """);
        assertThat(container.getMetadata().getName()).isEqualTo("app");
        assertThat(container.getImage().getImage()).isEqualTo("app:1");
        assertThat(container.getImage().getUserSpecifiedImage()).isEqualTo("app:1");
        assertThat(container.getCommandList()).containsExactly("sh", "-c", "echo 1");
        assertThat(container.getArgsList()).containsExactly("12", "$(C)");
        assertThat(container.getWorkingDir()).isEqualTo("/work");
        assertThat(container.getTty()).isTrue();
        assertThat(container.getStdin()).isTrue();
        assertThat(container.getLogPath()).isEqualTo("app/0.log");
        assertThat(container.getStopSignal().name()).isEqualTo("SIGUSR1");
        assertThat(container.getEnvsList()).extracting(KeyValue::getKey).containsExactly("A", "B");
        assertThat(container.getLabelsMap()).containsEntry("io.kubernetes.container.name", "app");
        assertThat(container.getAnnotationsMap())
                .containsEntry("io.kubernetes.container.restartCount", "0")
                .containsEntry("io.kubernetes.container.terminationMessagePath", "/dev/termination-log")
                .containsEntry("io.kubernetes.pod.terminationGracePeriod", "30")
                .containsEntry("io.kubernetes.container.preStopHandler", "{\"exec\":{\"command\":[\"bye\"]}}")
                .containsEntry("io.kubernetes.container.ports", "[{\"containerPort\":80}]");
    }

    @Test
    void mountsVolumesThenTheHostsFileThenTheTerminationMessage() throws IOException {
        ContainerConfig container = spec("""
                volumes:
                - {name: data, emptyDir: {}}
                - {name: host, hostPath: {path: /srv}}
                - {name: conf, configMap: {name: c}}
                - {name: img, image: {reference: "tools:1"}}
                containers:
                - name: app
                  image: app:1
                  env: [{name: POD, value: p1}]
                  volumeMounts:
                  - {name: data, mountPath: /data}
                  - {name: data, mountPath: /part, subPath: a/b, readOnly: true}
                  - {name: host, mountPath: relative, mountPropagation: HostToContainer}
                  - {name: conf, mountPath: /conf}
                  - {name: img, mountPath: /img, subPathExpr: "$(POD)/bin"}
                """);
        String pod = directory + "/0b2c";
        assertThat(container.getMountsList())
                .extracting(Mount::getContainerPath, Mount::getHostPath, Mount::getReadonly)
                .containsExactly(
                        tuple("/data", pod + "/volumes/kubernetes.io~empty-dir/data", false),
                        tuple("/part", pod + "/volume-subpaths/data/app/1", true),
                        tuple("/relative", "/srv", false),
                        tuple("/conf", pod + "/volumes/kubernetes.io~configmap/conf", true),
                        tuple("/img", "", true),
                        tuple("/etc/hosts", pod + "/etc-hosts", false),
                        tuple("/dev/termination-log", pod + "/containers/app/0", false));
        assertThat(container.getMounts(2).getPropagation()).isEqualTo(MountPropagation.PROPAGATION_HOST_TO_CONTAINER);
        assertThat(container.getMounts(4).getImage().getImage()).isEqualTo("tools:1");
        assertThat(container.getMounts(4).getImageSubPath()).isEqualTo("p1/bin");
        assertThat(directory).as("naming makes nothing").isEmptyDirectory();
    }

    @Test
    void leavesTheHostsFileToAContainerThatMountsItsOwn() throws IOException {
        ContainerConfig container = spec("""
                volumes: [{name: host, hostPath: {path: /srv/hosts}}]
                containers: [{name: app, image: app:1, volumeMounts: [{name: host, mountPath: /etc/hosts}]}]
                """);
        assertThat(container.getMountsList())
                .extracting(Mount::getContainerPath)
                .containsOnlyOnce("/etc/hosts");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]  | mountPropagation: Bidirectional is for privileged containers only
            volumeMounts: [{name: v, mountPath: /v, mountPropagation: Both}]           | "Both" is none of
            lifecycle: {stopSignal: SIGFOO}                                            | lifecycle.stopSignal: "SIGFOO" is none of
            """)
    void refuses(String container, String message) {
        assertThatThrownBy(() ->
                        spec("volumes: [{name: v}]\ncontainers:\n- name: app\n  image: app:1\n" + container.indent(2)))
                .isInstanceOf(ManifestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void usersOfItsOwnAreThePodsAndItsVolumes() throws IOException {
        String containers = "containers: [{name: app, image: app:1}]";
        assertThat(sandbox(containers)
                        .getLinux()
                        .getSecurityContext()
                        .getNamespaceOptions()
                        .hasUsernsOptions())
                .isFalse();
        String spec = "hostUsers: false\n" + containers;
        var options = sandbox(spec).getLinux().getSecurityContext().getNamespaceOptions();
        assertThat(options.getUsernsOptions()).isEqualTo(HostUsers.EXAMPLE);
        ContainerConfig container = spec(spec);
        assertThat(container.getLinux().getSecurityContext().getNamespaceOptions())
                .isEqualTo(options);
        assertThat(container.getMountsList())
                .isNotEmpty()
                .allMatch(mount -> mount.getUidMappingsList().equals(HostUsers.EXAMPLE.getUidsList())
                        && mount.getGidMappingsList().equals(HostUsers.EXAMPLE.getGidsList()));
        for (String shared : new String[] {"hostNetwork", "hostIPC", "hostPID"}) {
            assertThatThrownBy(() -> sandbox(shared + ": true\n" + spec))
                    .hasMessageContaining("spec.hostUsers")
                    .hasMessageContaining(shared);
        }
    }

    private PodSandboxConfig sandbox(String spec) throws IOException {
        return translation(Manifests.spec(spec)).sandbox();
    }

    private ContainerConfig container(String container) throws IOException {
        return first(Manifests.container(container));
    }

    private ContainerConfig spec(String spec) throws IOException {
        return first(Manifests.spec(spec));
    }

    private ContainerConfig first(Manifest manifest) {
        return translation(manifest).containers(_ -> Optional.empty()).getFirst();
    }

    private PodTranslation translation(Manifest manifest) {
        return new PodTranslation(
                manifest,
                Manifests.NODE,
                new PodTranslation.Settings(directory, directory.resolve("resolv.conf"), directory.resolve("seccomp")));
    }
}
