package dev.fairlead.cni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fairlead.cni.NetworkRequests.Dns;
import dev.fairlead.cni.NetworkRequests.PortMapping;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CniResultTest {
    private static CniResult parse(String json) throws JsonProcessingException {
        return CniResult.of((ObjectNode) NetworkConfig.JSON.readTree(json));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"\"version\":\"4\",", ""})
    void bothFamiliesOfTheThreeResultVersions(String versionField) throws Exception {
        CniResult result = parse("""
                {"cniVersion":"any","interfaces":[
                   {"name":"cni0","mac":"aa:bb:cc:dd:ee:ff"},{"name":"veth1"},
                   {"name":"eth0","mac":"11:22:33:44:55:66","sandbox":"/run/netns/x","mtu":1500,"socketPath":"/s"}],
                 "ips":[{%s"address":"10.88.0.7/16","gateway":"10.88.0.1","interface":2},
                        {"address":"fd00::7/64","interface":2},
                        {"address":"10.99.0.1/16","interface":0}],
                 "routes":[{"dst":"0.0.0.0/0","gw":"10.88.0.1","mtu":1400,"priority":3}],
                 "dns":{"nameservers":["10.0.0.10"]}}""".formatted(versionField));
        assertThat(result.podIps("eth0")).containsExactly("10.88.0.7", "fd00::7");
        assertThat(result.interfaces()).hasSize(3);
        assertThat(result.interfaces().get(2).sandbox()).contains("/run/netns/x");
        assertThat(result.routes().getFirst().gateway()).contains("10.88.0.1");
        assertThat(result.nameservers()).containsExactly("10.0.0.10");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            {}                                                                                                | []
            {"ips":[{"address":"10.0.0.1/8"}]}                                                                | [10.0.0.1]
            {"ips":[{"address":"10.0.0.1/8","interface":5}],"interfaces":[]}                                  | []
            {"ips":[{"address":"10.0.0.1/8","interface":0}],"interfaces":[{"name":"net1","sandbox":"/x"}]}    | []
            """)
    void onlyThePodsOwnAddressesCount(String json, String ips) throws Exception {
        assertThat(parse(json).podIps("eth0")).hasToString(ips);
    }

    @Test
    void requestsBecomeCapabilitiesByTheirNames() throws Exception {
        NetworkRequests requests = NetworkRequests.of(
                Map.of("kubernetes.io/ingress-bandwidth", "10M", "kubernetes.io/egress-bandwidth", "1Gi"),
                List.of(
                        new PortMapping(8080, 80, "TCP", Optional.of("127.0.0.1")),
                        new PortMapping(0, 81, "UDP", Optional.empty())),
                Optional.of(new Dns(List.of("10.0.0.10"), List.of("svc"), List.of("ndots:5"))),
                Optional.of("/kubepods/pod1"));
        assertThat(NetworkConfig.JSON.writeValueAsString(requests.capabilities()))
                .contains(
                        "\"portMappings\":[{\"hostPort\":8080,\"containerPort\":80,\"protocol\":\"tcp\",\"hostIP\":\"127.0.0.1\"}]")
                .contains("\"ingressRate\":10000000,")
                .contains("\"egressRate\":1073741824,")
                .contains("\"cgroupPath\":\"/kubepods/pod1\"")
                .contains("\"dns\":{\"servers\":[\"10.0.0.10\"],\"searches\":[\"svc\"],\"options\":[\"ndots:5\"]}");
        assertThat(NetworkRequests.NONE.capabilities()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fast", "", "10", "2P", "-1M"})
    void aBandwidthThatIsNoneIsRefusedByName(String text) {
        assertThatThrownBy(() -> NetworkRequests.of(
                        Map.of("kubernetes.io/egress-bandwidth", text), List.of(), Optional.empty(), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("kubernetes.io/egress-bandwidth");
    }
}
