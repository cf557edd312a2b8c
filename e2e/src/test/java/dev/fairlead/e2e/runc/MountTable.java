package dev.fairlead.e2e.runc;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A container's mounts, each under a name that means the same in two runs: its path, and where mounts lie upon each other, its place in the
 * pile (0 lies lowest). Only what the kernel numbers anew in each run is put into words: ids of mounts, peer groups, devices without a disk.
 */
final class MountTable {
    static final String OF_THE_HOST = "that of the host's ";

    private final List<MountInfo> lines;
    private final HostMounts host;
    private final Map<Integer, String> names = new HashMap<>();
    private final Map<String, String> groups = new HashMap<>();
    private final Map<String, String> devices = new HashMap<>();

    /** @param lines in the order of mountinfo */
    MountTable(List<MountInfo> lines, HostMounts host) {
        this.lines = List.copyOf(lines);
        this.host = host;
        Map<Integer, MountInfo> byId = new HashMap<>();
        lines.forEach(mount -> byId.put(mount.id(), mount));
        Map<String, Integer> piles = new HashMap<>();
        for (MountInfo mount : lines.stream()
                .sorted(Comparator.comparingInt((MountInfo mount) -> depth(mount, byId)))
                .toList()) {
            int place = piles.merge(mount.point(), 1, Integer::sum) - 1;
            names.put(mount.id(), mount.point() + "#" + place);
        }
    }

    private static int depth(MountInfo mount, Map<Integer, MountInfo> byId) {
        int depth = 0;
        for (MountInfo above = byId.get(mount.parent());
                above != null && depth <= byId.size();
                above = byId.get(above.parent())) {
            depth++;
        }
        return depth;
    }

    /** One fact a field. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        List<MountInfo> byName =
                lines.stream().sorted(Comparator.comparing(this::name)).toList();
        for (MountInfo mount : byName) {
            String name = "mount " + name(mount) + " ";
            facts.put(name + "on", names.getOrDefault(mount.parent(), "-"));
            facts.put(name + "type", mount.type());
            facts.put(name + "source", mount.source());
            facts.put(name + "root", mount.root());
            facts.put(name + "options", mount.options());
            facts.put(name + "propagation", propagation(mount));
            facts.put(name + "file system", device(mount));
            facts.put(name + "file system's options", mount.superOptions());
        }
        return facts;
    }

    /** The mounts in the order of mountinfo. */
    List<MountInfo> lines() {
        return lines;
    }

    String name(MountInfo mount) {
        return names.getOrDefault(mount.id(), "?");
    }

    private String propagation(MountInfo mount) {
        List<String> fields = new ArrayList<>();
        for (String field : mount.propagation()) {
            int colon = field.indexOf(':');
            fields.add(
                    colon < 0 ? field : field.substring(0, colon + 1) + group(field.substring(colon + 1), name(mount)));
        }
        return fields.isEmpty() ? "private" : String.join(" ", fields);
    }

    private String group(String number, String first) {
        String onHost = host.groups().get(number);
        return onHost != null
                ? "group of the host's " + onHost
                : "group of " + groups.computeIfAbsent(number, n -> first);
    }

    private String device(MountInfo mount) {
        String onHost = host.devices().get(mount.device());
        if (onHost != null) {
            return OF_THE_HOST + onHost;
        }
        String first = devices.computeIfAbsent(mount.device(), device -> name(mount));
        return first.equals(name(mount)) ? "its own" : "that of " + first;
    }
}
