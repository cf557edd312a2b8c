package dev.fairlead.libcontainer.cgroups;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/** As on a node without any v2 hierarchy, where processes are stopped and killed by v1's freezer. */
class LegacyCgroupTest extends AbstractCgroupTest {
    @Override
    CgroupHierarchies hierarchies() throws Exception {
        assumeTrue(CgroupHierarchies.detect().mode() != CgroupHierarchies.Mode.UNIFIED, "this node has no cgroup v1");
        return CgroupHierarchies.parse(
                Files.readAllLines(Path.of("/proc/self/mountinfo")),
                Files.readAllLines(Path.of("/proc/self/cgroup")),
                mount -> !mount.unified(),
                path -> Set.of());
    }
}
