package dev.fairlead.pod;

import dev.fairlead.image.FsUsage;
import dev.fairlead.libcontainer.cgroups.CgroupUsage;
import java.util.OptionalLong;

/**
 * What a container uses, as it is asked for every few seconds.
 *
 * @param container whose it is
 * @param used since it was made
 * @param nanoCores CPU time a second, in ns, since the measurement before; since its start at the first
 * @param writableLayer what it wrote to its root
 */
public record ContainerMeasurement(
        PodContainer container, CgroupUsage used, OptionalLong nanoCores, FsUsage writableLayer) {}
