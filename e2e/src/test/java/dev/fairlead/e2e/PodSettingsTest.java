package dev.fairlead.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fairlead.cri.v1.DNSConfig;
import dev.fairlead.cri.v1.LinuxSandboxSecurityContext;
import dev.fairlead.cri.v1.NamespaceMode;
import dev.fairlead.cri.v1.NamespaceOption;
import dev.fairlead.cri.v1.PodSandboxConfig;
import dev.fairlead.cri.v1.PodSandboxState;
import dev.fairlead.cri.v1.PortMapping;
import dev.fairlead.cri.v1.Protocol;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a pod's configuration asks for, as seen by its containers and from outside. */
@OnNode
class PodSettingsTest {
    private final Node node;

    PodSettingsTest(Node node) {
        this.node = node;
    }

    private Pod pod(UnaryOperator<PodSandboxConfig.Builder> change) {
        return node.runPod("settings", change);
    }

    private static UnaryOperator<PodSandboxConfig.Builder> namespaces(NamespaceOption.Builder options) {
        return config -> {
            config.getLinuxBuilder()
                    .setSecurityContext(LinuxSandboxSecurityContext.newBuilder().setNamespaceOptions(options));
            return config;
        };
    }

    private static Container idle(Pod pod) {
        return pod.run(Node.command("sleep", "1000"));
    }

    @Test
    void podsReachEachOtherAndTheNodeReachesThem() throws Exception {
        Pod serving = pod(UnaryOperator.identity());
        serving.run(Node.shell("while :; do echo welcome aboard | nc -l -p 7000; done"));
        String address = serving.status().getNetwork().getIp();
        assertThat(serving.status().getNetwork().getAdditionalIpsList()).hasSize(1);
        Container asking = idle(pod(UnaryOperator.identity()));
        Wait.until(
                "one pod hears the other",
                Duration.ofSeconds(10),
                () -> asking.execSync(Duration.ofSeconds(5), "nc", "-w", "2", address, "7000")
                        .getStdout()
                        .toStringUtf8(),
                "welcome aboard\n"::equals);
        Wait.until("the node hears it", Duration.ofSeconds(10), () -> hear(address), "welcome aboard\n"::equals);
    }

    /** Between one nc and the next nobody listens. */
    private static String hear(String address) {
        try (Socket socket = new Socket(InetAddress.getByName(address), 7000);
                InputStream in = socket.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (ConnectException e) {
            return "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPortOfTheHostLeadsToThePod() {
        Pod serving = pod(config -> config.addPortMappings(PortMapping.newBuilder()
                .setProtocol(Protocol.TCP)
                .setContainerPort(7000)
                .setHostPort(17000)));
        serving.run(Node.shell("while :; do echo by the front door | nc -l -p 7000; done"));
        Container asking = idle(pod(UnaryOperator.identity()));
        Wait.until(
                "the port of the host answers",
                Duration.ofSeconds(10),
                () -> asking.execSync(Duration.ofSeconds(5), "nc", "-w", "2", "10.111.0.1", "17000")
                        .getStdout()
                        .toStringUtf8(),
                "by the front door\n"::equals);
    }

    @Test
    void theHostsNetwork() {
        Container container =
                idle(pod(config -> namespaces(NamespaceOption.newBuilder().setNetwork(NamespaceMode.NODE))
                        .apply(config)
                        .clearHostname()));
        assertThat(container.exec("hostname")).isEqualTo("fairlead-node");
        assertThat(container.exec("ip", "-o", "addr")).contains("10.111.0.1");
    }

    @Test
    void processesAreSharedWhenAsked() {
        Pod pod = pod(namespaces(NamespaceOption.newBuilder().setPid(NamespaceMode.POD)));
        Container first = pod.run(Node.command("sleep", "1001"));
        Container second = pod.run(Node.command("sleep", "1002"));
        assertThat(second.exec("ps", "-o", "args")).contains("sleep 1001", "sleep 1002");
        assertThat(second.exec("readlink", "/proc/self/ns/pid")).isEqualTo(first.exec("readlink", "/proc/self/ns/pid"));
    }

    @Test
    void processesAreSeparateOtherwise() {
        Pod pod = pod(namespaces(NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER)));
        Container first = pod.run(Node.command("sleep", "1001"));
        Container second = pod.run(Node.command("sleep", "1002"));
        assertThat(second.exec("cat", "/proc/1/cmdline").replace('\0', ' ').strip())
                .isEqualTo("sleep 1002");
        assertThat(second.exec("ps", "-o", "args")).doesNotContain("sleep 1001");
        for (String shared : new String[] {"net", "ipc", "uts"}) {
            assertThat(second.exec("readlink", "/proc/self/ns/" + shared))
                    .isEqualTo(first.exec("readlink", "/proc/self/ns/" + shared));
        }
        assertThat(second.exec("readlink", "/proc/self/ns/mnt"))
                .isNotEqualTo(first.exec("readlink", "/proc/self/ns/mnt"));
    }

    @Test
    void theHostsProcesses() {
        Container container = idle(pod(namespaces(NamespaceOption.newBuilder().setPid(NamespaceMode.NODE))));
        assertThat(container.exec("ps", "-o", "args")).contains("docker-registry");
    }

    @Test
    void sysctlsOfItsNamespaces() {
        Container container = idle(pod(config -> {
            config.getLinuxBuilder()
                    .putSysctls("net.ipv4.ip_unprivileged_port_start", "80")
                    .putSysctls("kernel.shm_rmid_forced", "1")
                    .putSysctls("kernel.msgmax", "9000");
            return config;
        }));
        assertThat(container.exec("cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start"))
                .isEqualTo("80");
        assertThat(container.exec("cat", "/proc/sys/kernel/shm_rmid_forced")).isEqualTo("1");
        assertThat(container.exec("cat", "/proc/sys/kernel/msgmax")).isEqualTo("9000");
    }

    @Test
    void resolvConfIsThePods() {
        Container container = idle(pod(config -> config.setDnsConfig(DNSConfig.newBuilder()
                .addServers("10.111.0.53")
                .addSearches("harbour.example")
                .addOptions("ndots:5"))));
        assertThat(container.exec("cat", "/etc/resolv.conf").lines())
                .containsExactly("search harbour.example", "nameserver 10.111.0.53", "options ndots:5");
    }

    @Test
    void stoppingTwiceAndRemovingTwiceIsFine() {
        Pod pod = pod(UnaryOperator.identity());
        Container container = pod.run(Node.shell("trap 'exit 0' TERM; while :; do usleep 10000; done"));
        pod.stop();
        pod.stop();
        assertThat(pod.status().getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
        assertThat(container.status().getFinishedAt()).isPositive();
        container.remove();
        container.remove();
        pod.remove();
        pod.remove();
        Refused.by(pod::status).as(Status.Code.NOT_FOUND, pod.id());
    }

    @Test
    void twoPodsOfOneNameAndAttemptAreNot() {
        Pod first = pod(UnaryOperator.identity());
        Refused.by(() -> Pod.run(node.cri(), first.config()))
                .as(Status.Code.ALREADY_EXISTS, first.config().getMetadata().getName());
    }
}
