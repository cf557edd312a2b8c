package dev.fairlead.pod;

import dev.fairlead.libcontainer.rootfs.LayeredVolume;
import dev.fairlead.libcontainer.rootfs.RootSource;
import dev.fairlead.oci.Spec;
import dev.fairlead.oci.User;
import java.util.Map;

/**
 * What a container will be made from.
 *
 * @param root what its root file system is made of
 * @param volumes sources of its mounts that are made of layers
 * @param user as whom it runs
 * @param stopSignal number of the signal that asks it to end
 */
record ContainerPlan(Spec spec, RootSource root, Map<String, LayeredVolume> volumes, User user, int stopSignal) {}
