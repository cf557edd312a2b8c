/**
 * Control groups by the file system (the "cgroupfs driver"), in every layout there is: v1, where each controller has a hierarchy of its
 * own; hybrid, which is v1 with a v2 hierarchy beside it; and v2, the unified one.
 *
 * <p>Start with {@link dev.fairlead.libcontainer.cgroups.CgroupHierarchies#detect}, which finds what is mounted; it creates and opens a
 * {@link dev.fairlead.libcontainer.cgroups.Cgroup}, which stands for the same path in all hierarchies. What a kernel refuses is a
 * {@link dev.fairlead.libcontainer.cgroups.CgroupException} that names file, value and error.
 *
 * <p>Ported from libcontainer's cgroups (fs, fs2, devices): the order of memory limit and swap when they are raised or lowered, the order of
 * period and quota, the conversion of v1's values to v2's, the inheritance of cpusets, the merging of device rules to what v1's lists can
 * express and the program that stands for them on v2, with its replacement in place. Not ported: the systemd driver and Intel RDT.
 * Different here: a controller that is missing is told by {@link dev.fairlead.libcontainer.cgroups.MissingController}'s rule instead of
 * being skipped; every process of an exec can be a group of its own ({@link dev.fairlead.libcontainer.cgroups.Cgroup#child}).
 */
@NullMarked
package dev.fairlead.libcontainer.cgroups;

import org.jspecify.annotations.NullMarked;
