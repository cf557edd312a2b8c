/**
 * Pod networks through CNI plugins, as CNI's specification 1.1.0 describes them; configurations from 0.3.1 on.
 *
 * <p>{@link PodNetwork} is what the rest of Fairlead uses. It takes the first {@link NetworkConfig} of the configuration directories, runs
 * its plugins one after the other through {@link Plugin}, and keeps what a DEL needs in an {@link AttachmentCache}, so that a pod can be
 * detached after a restart, after a reboot, and after the configuration was changed.
 */
@NullMarked
package dev.fairlead.cni;

import org.jspecify.annotations.NullMarked;
