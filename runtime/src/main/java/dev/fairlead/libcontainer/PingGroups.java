package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.namespaces.Sysctl;
import dev.fairlead.libcontainer.rootfs.IdMap;
import dev.fairlead.oci.IdMapping;
import java.io.IOException;

/**
 * The one sysctl of a pod whose value are ids: {@code net.ipv4.ping_group_range}, the groups that may make ICMP echo sockets (icmp(7)). The
 * kernel takes them as the writer's, and the writer is the host's root; the pod means its own.
 */
final class PingGroups {
    private static final String PATH = "net/ipv4/ping_group_range";

    private PingGroups() {}

    /**
     * The same for the host; other parameters as they are.
     * @throws IOException the first group is not mapped. That the last one is not is common, for "0 2147483647" means all: those that there are
     */
    static Sysctl ofHost(Sysctl sysctl, IdMap ids) throws IOException {
        if (!sysctl.path().equals(PATH) || !sysctl.value().matches("[0-9]{1,10}\\s+[0-9]{1,10}")) {
            return sysctl; // of a value that is no range, the kernel says so
        }
        String[] range = sysctl.value().split("\\s+", -1);
        long first = Long.parseLong(range[0]);
        long last = Long.parseLong(range[1]);
        if (first > last) {
            return sysctl; // nobody
        }
        for (IdMapping mapping : ids.gids()) {
            long offset = first - mapping.containerID();
            if (offset >= 0 && offset < mapping.size()) {
                long count = Math.min(last - first, mapping.size() - 1 - offset);
                long host = mapping.hostID() + offset;
                return new Sysctl(sysctl.name(), host + " " + (host + count), sysctl.path(), sysctl.kind());
            }
        }
        throw new IOException("sysctl " + sysctl.name() + " = " + sysctl.value() + ": group " + first
                + " is not mapped in the pod's user namespace; begin with one that is, such as 0");
    }
}
