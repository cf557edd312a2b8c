package dev.fairlead.cli.check;

import dev.fairlead.libcontainer.cgroups.CgroupException;
import dev.fairlead.libcontainer.cgroups.CgroupHierarchies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The controllers that limit pods. */
final class CgroupArea {
    private static final String AREA = "cgroups";
    private static final List<String> NEEDED = List.of("cpu", "memory");
    private static final List<String> WANTED = List.of("pids", "cpuset", "hugetlb");

    private CgroupArea() {}

    static List<Finding> look() throws IOException {
        CgroupHierarchies hierarchies;
        try {
            hierarchies = CgroupHierarchies.detect();
        } catch (CgroupException e) {
            return List.of(Finding.missing(
                    AREA, "none", String.valueOf(e.getMessage()), "mount -t cgroup2 cgroup2 /sys/fs/cgroup"));
        }
        Set<String> controllers = hierarchies.controllers();
        List<Finding> findings = new ArrayList<>();
        String mode = switch (hierarchies.mode()) {
            case UNIFIED -> "v2";
            case HYBRID -> "v1 hybrid";
            case LEGACY -> "v1";
        };
        findings.add(Finding.good(AREA, mode, String.join(" ", controllers)));
        for (String controller : NEEDED) {
            if (!controllers.contains(controller)) {
                findings.add(Finding.missing(
                        AREA,
                        "no " + controller,
                        "pods that limit it can't be run",
                        "cgroup_enable=" + controller + " on the kernel's command line"));
            }
        }
        for (String controller : WANTED) {
            if (!controllers.contains(controller)) {
                findings.add(Finding.note(AREA, "no " + controller, "limits of it are refused"));
            }
        }
        if (hierarchies.mode() != CgroupHierarchies.Mode.UNIFIED) {
            findings.add(Finding.note(
                    AREA, "no v2 memory", "no memory QoS, no PSI per pod, no kill of a whole cgroup at once"));
        }
        return findings;
    }
}
