package dev.fairlead.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fairlead.cni.NetworkRequests.PortMapping;
import dev.fairlead.cni.PodAttachment.Pod;
import dev.fairlead.libcontainer.namespaces.PodNamespaces;
import dev.fairlead.libcontainer.namespaces.PodNamespaces.Plan;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.test.NeedsRoot;
import dev.fairlead.test.PrivateMounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The distribution's plugins, in network and mount namespaces that end with the test. */
@NeedsRoot
@Timeout(60)
class DebianPluginsTest {
    private static final Path PLUGINS = Path.of("/usr/lib/cni");

    @TempDir
    private Path directory;

    @BeforeEach
    void prepare() throws IOException {
        for (String plugin : List.of("bridge", "host-local", "portmap", "firewall", "loopback")) {
            assumeTrue(
                    Files.isExecutable(PLUGINS.resolve(plugin)),
                    "no " + PLUGINS.resolve(plugin) + ": install containernetworking-plugins");
        }
        assumeTrue(Files.exists(Path.of("/usr/sbin/iptables")), "no iptables");
        configure("""
                {"type":"loopback"},
                {"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"hairpinMode":true,
                 "ipam":{"type":"host-local","dataDir":"%s",
                   "ranges":[[{"subnet":"10.88.0.0/16"}],[{"subnet":"fd00:88::/64"}]],
                   "routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}]}},
                {"type":"portmap","capabilities":{"portMappings":true}},
                {"type":"firewall"}""".formatted(directory.resolve("leases")));
    }

    private void configure(String plugins) throws IOException {
        Files.createDirectories(directory.resolve("net.d"));
        Files.writeString(
                directory.resolve("net.d/10-pods.conflist"),
                "{\"name\":\"pods\",\"cniVersion\":\"1.0.0\",\"plugins\":[" + plugins + "]}");
    }

    private PodNetwork network() {
        return new PodNetwork(new PodNetwork.Settings(
                List.of(directory.resolve("net.d")),
                List.of(directory.resolve("bin"), PLUGINS),
                directory.resolve("attachments"),
                Duration.ofSeconds(20)));
    }

    private PodNamespaces namespaces(String id) throws IOException {
        return PodNamespaces.create(
                Files.createDirectory(directory.resolve(id)),
                new Plan(Set.of(Kind.NETWORK), Optional.empty(), List.of()));
    }

    private PodAttachment pod(String id) {
        NetworkRequests requests = NetworkRequests.of(
                Map.of(),
                List.of(new PortMapping(8080, 80, "TCP", Optional.empty())),
                Optional.empty(),
                Optional.empty());
        return PodAttachment.eth0(id, directory.resolve(id).resolve("net"), new Pod(id, "default", id), requests);
    }

    private List<String> leases() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("leases/pods"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("last_reserved_ip") && !name.equals("lock"))
                    .sorted()
                    .toList();
        }
    }

    /** What the plugins can leave behind: interfaces, rules, leases, our own notes. */
    private List<String> traces() throws Exception {
        List<String> traces = new ArrayList<>();
        output("ip", "-br", "link").forEach(line -> traces.add(line.split("[ @]", 2)[0]));
        for (String save : List.of("iptables-save", "ip6tables-save")) {
            output(save).stream()
                    .filter(line -> line.startsWith("-A") || line.startsWith(":CNI"))
                    .map(line -> line.startsWith(":") ? line.split(" ", 2)[0] : line)
                    .forEach(traces::add);
        }
        traces.addAll(leases());
        try (Stream<Path> files = Files.list(directory.resolve("attachments"))) {
            files.map(Path::toString).sorted().forEach(traces::add);
        }
        return traces;
    }

    private static List<String> output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + text)
                .isZero();
        return text.lines().toList();
    }

    @Test
    void aPodThatComesAndGoesLeavesNothing() throws Exception {
        PrivateMounts.run(EnumSet.of(Kind.NETWORK), () -> {
            PodNetwork network = network();
            assertThat(network.notReady()).isEmpty();
            // The first makes what all pods share: the bridge, the chains that rules are put into.
            PodNamespaces first = namespaces("first");
            network.attach(pod("first"));
            network.detach("first", Optional.of(directory.resolve("first/net")));
            List<String> before = traces();

            PodNamespaces second = namespaces("second");
            CniResult result = network.attach(pod("second"));
            assertThat(result.podIps("eth0")).containsExactly("10.88.0.3", "fd00:88::3");
            assertThat(String.join("\n", output("nsenter", "--net=" + directory.resolve("second/net"), "ip", "addr")))
                    .contains("10.88.0.3/16")
                    .contains("fd00:88::3/64");
            assertThat(traces()).anyMatch(line -> line.contains("--dport 8080") || line.contains("--dports 8080"));
            network().detach("second", Optional.of(directory.resolve("second/net")));
            assertThat(traces()).isEqualTo(before);
            second.remove();
            first.remove();
        });
    }

    @Test
    void whenALaterPluginFailsNothingOfTheEarlierIsLeft() throws Exception {
        PrivateMounts.run(EnumSet.of(Kind.NETWORK), () -> {
            PodNamespaces warmUp = namespaces("warm-up");
            network().attach(pod("warm-up"));
            network().detach("warm-up", Optional.of(directory.resolve("warm-up/net")));
            List<String> before = traces();
            Path program = Files.createDirectory(directory.resolve("bin")).resolve("firewall");
            Files.writeString(program, """
                    #!/bin/sh
                    case $CNI_COMMAND in
                    VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
                    ADD) echo '{"cniVersion":"1.0.0","code":100,"msg":"the policy agent is not ready"}'; exit 1 ;;
                    esac
                    """);
            assertThat(program.toFile().setExecutable(true)).isTrue();
            PodNamespaces pod = namespaces("pod");
            assertThatThrownBy(() -> network().attach(pod("pod")))
                    .isInstanceOf(CniException.class)
                    .hasMessageContaining("firewall")
                    .hasMessageContaining("the policy agent is not ready");
            assertThat(traces()).isEqualTo(before);
            pod.remove();
            warmUp.remove();
        });
    }

    @Test
    void aPodWhoseNamespaceIsGoneGivesItsAddressesBack() throws Exception {
        PrivateMounts.run(EnumSet.of(Kind.NETWORK), () -> {
            PodNamespaces lost = namespaces("lost");
            network().attach(pod("lost"));
            assertThat(leases()).containsExactly("10.88.0.2", "fd00:88::2");
            lost.remove();
            network().collectGarbage(Set.of());
            // Rules of bridge 1.1.1's ipMasq stay: without the namespace it does not look for them.
            assertThat(leases()).isEmpty();
            assertThat(String.join("\n", traces())).doesNotContain("--to-destination");
        });
    }

    @Test
    void checkNoticesAnInterfaceThatIsGone() throws Exception {
        // Of one family: portmap 1.1.1 looks for rules of both with one set of chains.
        configure(
                "{\"type\":\"bridge\",\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"%s\",\"subnet\":\"10.89.0.0/24\"}}"
                        .formatted(directory.resolve("leases")));
        PrivateMounts.run(EnumSet.of(Kind.NETWORK), () -> {
            PodNamespaces pod = namespaces("pod");
            network().attach(pod("pod"));
            network().check("pod");
            output("nsenter", "--net=" + directory.resolve("pod/net"), "ip", "link", "del", "eth0");
            assertThatThrownBy(() -> network().check("pod"))
                    .isInstanceOf(CniException.class)
                    .hasMessageContaining("plugin bridge, CHECK");
            network().detach("pod", Optional.of(directory.resolve("pod/net")));
            pod.remove();
        });
    }
}
