package dev.fairlead.pod;

import dev.fairlead.image.FsUsage;
import dev.fairlead.libcontainer.cgroups.CgroupLimits;
import dev.fairlead.libcontainer.cgroups.CgroupStatistics;
import java.util.Map;
import java.util.OptionalLong;

/**
 * All that can be measured of a container.
 *
 * @param used by its cgroup
 * @param limits of its cgroup
 * @param oomKills processes of it that the kernel's OOM killer has ended
 * @param processes in it, threads not counted
 * @param descriptors open in all of them
 * @param sockets how many of these are sockets
 * @param openFilesLimit soft limit of its first process; -1: none; empty where that one has ended
 * @param writableLayer what it wrote to its root
 * @param space of the file system that the writable layer lies on
 * @param deviceNames of the block devices in {@code used}, by major:minor: /dev/NAME, or the number where none has it
 */
public record ContainerDetails(
        PodContainer container,
        CgroupStatistics used,
        CgroupLimits limits,
        long oomKills,
        long processes,
        long descriptors,
        long sockets,
        OptionalLong openFilesLimit,
        FsUsage writableLayer,
        LayerSpace space,
        Map<String, String> deviceNames) {
    public ContainerDetails {
        deviceNames = Map.copyOf(deviceNames);
    }

    /**
     * How much a file system can hold.
     *
     * @param device /dev/NAME, or major:minor where no device has that number
     * @param bytes of all files together
     * @param inodes 0 where the file system makes them as it needs them
     */
    public record LayerSpace(String device, long bytes, long inodes, long inodesFree) {}
}
