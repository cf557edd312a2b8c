package dev.fairlead.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a pod wants from its network, by the names of CNI's capabilities (CONVENTIONS.md of containernetworking/cni). A plugin gets what it
 * declares to be capable of, in its {@code runtimeConfig}.
 *
 * @param ips addresses the pod asks for, with prefix lengths; empty: any
 * @param annotations all of the pod's
 */
public record NetworkRequests(
        List<PortMapping> ports,
        Optional<Bandwidth> bandwidth,
        Optional<Dns> dns,
        List<String> ips,
        Optional<String> mac,
        Optional<String> cgroupPath,
        Map<String, String> annotations) {
    /** Nothing in particular. */
    public static final NetworkRequests NONE = of(Map.of(), List.of(), Optional.empty(), Optional.empty());

    private static final String INGRESS = "kubernetes.io/ingress-bandwidth";
    private static final String EGRESS = "kubernetes.io/egress-bandwidth";

    /** As the kubelet judges these annotations: 1 kbit/s to 1 Pbit/s. */
    private static final BigDecimal MIN_RATE = BigDecimal.valueOf(1_000L);

    private static final BigDecimal MAX_RATE = BigDecimal.valueOf(1_000_000_000_000_000L);

    /** The plugin wants a burst; the annotations have none. What containerd and CRI-O give. */
    private static final long BURST = 0xffffffffL;

    /**
     * A port of the node that leads to one of the pod.
     * @param protocol tcp, udp or sctp
     * @param hostIp the node's address that it is bound to; none: all
     */
    public record PortMapping(int hostPort, int containerPort, String protocol, Optional<String> hostIp) {
        public PortMapping {
            protocol = protocol.toLowerCase(Locale.ROOT);
        }
    }

    /** Limits in bits per second; 0: none. */
    public record Bandwidth(long ingressRate, long egressRate) {}

    /** The pod's resolver. */
    public record Dns(List<String> servers, List<String> searches, List<String> options) {}

    public NetworkRequests {
        // A port without a number on the node is mapped to nothing.
        ports = ports.stream().filter(port -> port.hostPort() > 0).toList();
        ips = List.copyOf(ips);
        annotations = Map.copyOf(annotations);
    }

    /**
     * From a pod's sandbox.
     * @throws IllegalArgumentException a bandwidth annotation that is no quantity, or not between 1k and 1P; the text names it
     */
    public static NetworkRequests of(
            Map<String, String> annotations, List<PortMapping> ports, Optional<Dns> dns, Optional<String> cgroupPath) {
        long ingress = rate(annotations, INGRESS);
        long egress = rate(annotations, EGRESS);
        Optional<Bandwidth> bandwidth =
                ingress == 0 && egress == 0 ? Optional.empty() : Optional.of(new Bandwidth(ingress, egress));
        return new NetworkRequests(ports, bandwidth, dns, List.of(), Optional.empty(), cgroupPath, annotations);
    }

    private static long rate(Map<String, String> annotations, String name) {
        String text = annotations.get(name);
        if (text == null) {
            return 0;
        }
        BigDecimal rate;
        try {
            rate = Quantity.getAmountInBytes(Quantity.parse(text));
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "annotation " + name + ": \"" + text + "\" is no quantity, such as 10M", e);
        }
        if (rate.compareTo(MIN_RATE) < 0 || rate.compareTo(MAX_RATE) > 0) {
            throw new IllegalArgumentException("annotation " + name + ": " + text + " is not between 1k and 1P");
        }
        return rate.longValue();
    }

    /** By capability. */
    Map<String, JsonNode> capabilities() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        Map<String, JsonNode> all = new TreeMap<>();
        if (!ports.isEmpty()) {
            ArrayNode list = json.arrayNode();
            for (PortMapping port : ports) {
                ObjectNode item = list.addObject()
                        .put("hostPort", port.hostPort())
                        .put("containerPort", port.containerPort())
                        .put("protocol", port.protocol());
                port.hostIp().ifPresent(ip -> item.put("hostIP", ip));
            }
            all.put("portMappings", list);
        }
        bandwidth.ifPresent(limits -> all.put("bandwidth", bandwidth(json, limits)));
        dns.ifPresent(resolver -> {
            ObjectNode object = json.objectNode();
            resolver.servers().forEach(object.putArray("servers")::add);
            resolver.searches().forEach(object.putArray("searches")::add);
            resolver.options().forEach(object.putArray("options")::add);
            all.put("dns", object);
        });
        if (!ips.isEmpty()) {
            ArrayNode list = json.arrayNode();
            ips.forEach(list::add);
            all.put("ips", list);
        }
        mac.ifPresent(address -> all.put("mac", json.textNode(address)));
        cgroupPath.ifPresent(path -> all.put("cgroupPath", json.textNode(path)));
        if (!annotations.isEmpty()) {
            ObjectNode object = json.objectNode();
            new TreeMap<>(annotations).forEach(object::put);
            // The name that plugins know from containerd, and the one of CNI's conventions' style.
            all.put("io.kubernetes.cri.pod-annotations", object);
            all.put("podAnnotations", object);
        }
        return all;
    }

    private static ObjectNode bandwidth(JsonNodeFactory json, Bandwidth limits) {
        ObjectNode object = json.objectNode();
        if (limits.ingressRate() > 0) {
            object.put("ingressRate", limits.ingressRate()).put("ingressBurst", BURST);
        }
        if (limits.egressRate() > 0) {
            object.put("egressRate", limits.egressRate()).put("egressBurst", BURST);
        }
        return object;
    }
}
