package dev.fairlead.pod;

import dev.fairlead.cri.v1.DNSConfig;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.spec.ContainerFacts.PodFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files of a pod that are bound into each of its containers: /etc/hostname, /etc/hosts and /etc/resolv.conf. */
final class PodFiles {
    private static final Path NODE_HOSTS = Path.of("/etc/hosts");
    private static final Path NODE_RESOLV_CONF = Path.of("/etc/resolv.conf");

    private PodFiles() {}

    /** What is bound into containers. */
    static List<PodFile> of(PodSandbox sandbox) {
        return List.of(
                new PodFile(sandbox.file(PodFileName.HOSTNAME), "/etc/hostname"),
                new PodFile(sandbox.file(PodFileName.HOSTS), "/etc/hosts"),
                new PodFile(sandbox.file(PodFileName.RESOLV_CONF), "/etc/resolv.conf"));
    }

    /** Writes all three, readable for every user of the containers, and writable for their root. */
    static void write(PodSandbox sandbox, String hostname, List<String> addresses) throws IOException {
        Files.writeString(sandbox.file(PodFileName.HOSTNAME), hostname + '\n');
        Files.writeString(sandbox.file(PodFileName.HOSTS), hosts(sandbox, hostname, addresses));
        Files.writeString(
                sandbox.file(PodFileName.RESOLV_CONF),
                resolvConf(sandbox.config().getDnsConfig()));
        Optional<IdMap> ids = sandbox.ids();
        if (ids.isPresent()) {
            for (PodFile file : of(sandbox)) {
                MappedOwner.give(file.source(), ids.get());
            }
        }
    }

    private static String hosts(PodSandbox sandbox, String hostname, List<String> addresses) throws IOException {
        if (!sandbox.ownsNetwork()) {
            return Files.exists(NODE_HOSTS) ? Files.readString(NODE_HOSTS) : "";
        }
        StringBuilder hosts = new StringBuilder("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
        addresses.forEach(
                address -> hosts.append(address).append('\t').append(hostname).append('\n'));
        return hosts.toString();
    }

    /** What the pod's DNS configuration says; the node's own file where it says nothing. */
    private static String resolvConf(DNSConfig dns) throws IOException {
        if (dns.getServersCount() == 0 && dns.getSearchesCount() == 0 && dns.getOptionsCount() == 0) {
            return Files.exists(NODE_RESOLV_CONF) ? Files.readString(NODE_RESOLV_CONF) : "";
        }
        List<String> lines = new ArrayList<>();
        if (dns.getSearchesCount() > 0) {
            lines.add("search " + String.join(" ", dns.getSearchesList()));
        }
        dns.getServersList().forEach(server -> lines.add("nameserver " + server));
        if (dns.getOptionsCount() > 0) {
            lines.add("options " + String.join(" ", dns.getOptionsList()));
        }
        return String.join("\n", lines) + '\n';
    }
}
