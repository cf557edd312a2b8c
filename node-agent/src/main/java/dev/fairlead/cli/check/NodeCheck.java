package dev.fairlead.cli.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * All that is looked at, in the order in which it is shown.
 * @param state where images and containers are to be kept
 * @param cniConfigurations directories of network configurations
 * @param cniPlugins directories of network plugins
 */
public record NodeCheck(Path state, List<Path> cniConfigurations, List<Path> cniPlugins) {
    private interface Area {
        List<Finding> look() throws IOException;
    }

    /** Looks at everything; what could not even be looked at is a finding too. */
    public List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        look(findings, "kernel", KernelArea::look);
        look(findings, "cgroups", CgroupArea::look);
        look(findings, "seccomp", SecurityArea::seccomp);
        look(findings, "lsm", SecurityArea::lsm);
        look(findings, "storage", () -> StorageArea.look(state));
        look(findings, "userns", () -> UserNamespaceArea.look(state));
        look(findings, "cni", () -> NetworkArea.look(cniConfigurations, cniPlugins));
        look(findings, "lxcfs", LxcfsArea::look);
        look(findings, "limits", LimitsArea::look);
        return findings;
    }

    private static void look(List<Finding> findings, String name, Area area) {
        try {
            findings.addAll(area.look());
        } catch (IOException e) {
            findings.add(Finding.note(name, "unknown", "could not be looked at: " + e.getMessage()));
        }
    }
}
