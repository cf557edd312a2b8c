package dev.fairlead.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What ADD gave: the success type of CNI's specification, versions 0.3.1 to 1.1.0.
 *
 * @param interfaces in the order that {@link Address#interfaceIndex} counts
 * @param json as the last plugin gave it: for CHECK, DEL and verbose information
 */
public record CniResult(
        List<NetworkInterface> interfaces,
        List<Address> ips,
        List<Route> routes,
        List<String> nameservers,
        ObjectNode json) {
    /**
     * A network interface that a plugin made.
     * @param sandbox its network namespace; none: the host's
     */
    public record NetworkInterface(String name, Optional<String> mac, Optional<String> sandbox) {}

    /**
     * An address.
     * @param cidr with its prefix length, such as 10.88.0.7/16
     */
    public record Address(String cidr, Optional<String> gateway, Optional<Integer> interfaceIndex) {
        /** Without the prefix length. */
        public String ip() {
            int slash = cidr.indexOf('/');
            return slash < 0 ? cidr : cidr.substring(0, slash);
        }
    }

    /** A route in the pod. */
    public record Route(String destination, Optional<String> gateway) {}

    public CniResult {
        interfaces = List.copyOf(interfaces);
        ips = List.copyOf(ips);
        routes = List.copyOf(routes);
        nameservers = List.copyOf(nameservers);
    }

    static CniResult of(ObjectNode json) {
        List<NetworkInterface> interfaces = new ArrayList<>();
        for (JsonNode item : json.path("interfaces")) {
            interfaces.add(new NetworkInterface(item.path("name").asText(), text(item, "mac"), text(item, "sandbox")));
        }
        List<Address> ips = new ArrayList<>();
        for (JsonNode item : json.path("ips")) {
            JsonNode index = item.path("interface");
            ips.add(new Address(
                    item.path("address").asText(),
                    text(item, "gateway"),
                    index.isInt() ? Optional.of(index.intValue()) : Optional.empty()));
        }
        List<Route> routes = new ArrayList<>();
        for (JsonNode item : json.path("routes")) {
            routes.add(new Route(item.path("dst").asText(), text(item, "gw")));
        }
        List<String> nameservers = new ArrayList<>();
        json.path("dns").path("nameservers").forEach(item -> nameservers.add(item.asText()));
        return new CniResult(interfaces, ips, routes, nameservers, json);
    }

    private static Optional<String> text(JsonNode object, String field) {
        String value = object.path(field).asText();
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /**
     * The pod's addresses in the plugins' order, which is the order of families that the operator chose: those on {@code interfaceName}
     * inside a sandbox, and those that belong to no interface by name.
     */
    public List<String> podIps(String interfaceName) {
        return ips.stream()
                .filter(ip -> ip.interfaceIndex()
                        .map(index -> isPods(index, interfaceName))
                        .orElse(true))
                .map(Address::ip)
                .toList();
    }

    private boolean isPods(int index, String interfaceName) {
        if (index < 0 || index >= interfaces.size()) {
            return false;
        }
        NetworkInterface owner = interfaces.get(index);
        return owner.name().equals(interfaceName) && owner.sandbox().isPresent();
    }
}
