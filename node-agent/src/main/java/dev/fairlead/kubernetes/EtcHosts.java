package dev.fairlead.kubernetes;

import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The /etc/hosts that all containers of a pod share. */
final class EtcHosts {
    static final String PATH = "/etc/hosts";

    private EtcHosts() {}

    /** Its text: the node's own and the aliases on the host network, otherwise localhost, the pod's name and the aliases. */
    static String of(Pod pod, List<String> podIps) throws IOException {
        StringBuilder text = new StringBuilder("# Managed by fairlead run, as the kubelet does it.\n");
        if (pod.getSpec().getHostNetwork()) {
            text.append(Files.readString(Path.of(PATH)));
        } else {
            text.append("""
                    127.0.0.1\tlocalhost
                    ::1\tlocalhost ip6-localhost ip6-loopback
                    fe00::0\tip6-localnet
                    fe00::0\tip6-mcastprefix
                    fe00::1\tip6-allnodes
                    fe00::2\tip6-allrouters
                    """);
            String names = Hostnames.fullName(pod)
                    .map(full -> full + '\t' + Hostnames.of(pod))
                    .orElse(Hostnames.of(pod));
            for (String ip : podIps) {
                text.append(ip).append('\t').append(names).append('\n');
            }
        }
        List<HostAlias> aliases = pod.getSpec().getHostAliases();
        if (!aliases.isEmpty()) {
            text.append("\n# spec.hostAliases\n");
        }
        for (HostAlias alias : aliases) {
            text.append(alias.getIp())
                    .append('\t')
                    .append(String.join("\t", alias.getHostnames()))
                    .append('\n');
        }
        return text.toString();
    }
}
