package dev.fairlead.libcontainer.cgroups;

/** With the layout that the machine has; UmlTest runs it on cgroup v2. */
class CgroupTest extends AbstractCgroupTest {
    @Override
    CgroupHierarchies hierarchies() throws Exception {
        return CgroupHierarchies.detect();
    }
}
