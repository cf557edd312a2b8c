package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.DNSConfig;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodDNSConfig;
import io.fabric8.kubernetes.api.model.PodDNSConfigOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/** A pod's resolv.conf. Without a cluster, ClusterFirst means the node's own, as in a kubelet that knows no cluster DNS. */
final class DnsConfigs {
    private DnsConfigs() {}

    /** @param resolvConf the node's resolver configuration; one that does not exist counts as empty */
    static DNSConfig of(Pod pod, Path resolvConf) throws IOException {
        SequencedSet<String> servers = new LinkedHashSet<>();
        SequencedSet<String> searches = new LinkedHashSet<>();
        Map<String, String> options = new LinkedHashMap<>();
        switch (pod.getSpec().getDnsPolicy()) {
            case "Default", "ClusterFirst", "ClusterFirstWithHostNet" -> read(resolvConf, servers, searches, options);
            case "None" -> {
                if (pod.getSpec().getDnsConfig() == null
                        || pod.getSpec().getDnsConfig().getNameservers().isEmpty()) {
                    throw new ManifestException("spec.dnsConfig.nameservers", "dnsPolicy None needs at least one");
                }
            }
            default ->
                throw new ManifestException(
                        "spec.dnsPolicy",
                        "\"" + pod.getSpec().getDnsPolicy()
                                + "\" is none of ClusterFirst, ClusterFirstWithHostNet, Default, None");
        }
        PodDNSConfig own = pod.getSpec().getDnsConfig();
        if (own != null) {
            servers.addAll(own.getNameservers());
            searches.addAll(own.getSearches());
            for (PodDNSConfigOption option : own.getOptions()) {
                options.put(
                        option.getName(),
                        option.getValue() == null ? option.getName() : option.getName() + ':' + option.getValue());
            }
        }
        return DNSConfig.newBuilder()
                .addAllServers(servers)
                .addAllSearches(searches)
                .addAllOptions(options.values())
                .build();
    }

    /** resolv.conf(5): of several search lines the last one counts, options add up. */
    private static void read(
            Path file, SequencedSet<String> servers, SequencedSet<String> searches, Map<String, String> options)
            throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        for (String line : Files.readAllLines(file)) {
            List<String> words = List.of(line.strip().split("\\s+"));
            List<String> values = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "nameserver" -> values.stream().findFirst().ifPresent(servers::add);
                case "search" -> {
                    searches.clear();
                    searches.addAll(values);
                }
                case "options" -> values.forEach(option -> options.put(option.replaceAll(":.*", ""), option));
                default -> {} // comments, and words that have no place in CRI
            }
        }
    }
}
