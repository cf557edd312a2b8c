package dev.fairlead.pod;

import dev.fairlead.image.FsUsage;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import java.util.OptionalLong;

/**
 * What a container uses.
 *
 * @param cgroup since it was made
 * @param nanoCores CPU time a second, in ns, since the measurement before; empty at the first
 * @param writableLayer what it wrote to its root
 */
public record ContainerMeasurement(CgroupStatistics cgroup, OptionalLong nanoCores, FsUsage writableLayer) {}
