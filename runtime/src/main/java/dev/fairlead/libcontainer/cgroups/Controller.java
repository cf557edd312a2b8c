package dev.fairlead.libcontainer.cgroups;

import dev.fairlead.oci.Resources;
import java.util.function.Consumer;

/** What one controller does for one cgroup: takes its share of the limits, gives its share of the statistics. */
interface Controller {
    /**
     * Sets what {@code limits} asks of this controller and leaves the rest as it is.
     * @param fresh the cgroup was just made: nothing is set yet, so nothing needs to be read before it is changed
     * @param warnings takes a sentence for each limit that cannot be had here and may be missed
     */
    void apply(Resources limits, boolean fresh, Consumer<String> warnings) throws CgroupException;

    /** Adds what this controller counts. */
    default void measure(Measurement into) throws CgroupException {}

    /** Adds the part of it that {@link CgroupUsage} has, from as few files as possible. */
    default void measureUsage(Measurement into) throws CgroupException {}

    /** Adds the limits that are set. */
    default void readLimits(CgroupLimits.Builder into) throws CgroupException {}
}
