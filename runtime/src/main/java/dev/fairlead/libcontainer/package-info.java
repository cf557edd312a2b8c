/**
 * Containers from OCI configurations. {@link dev.fairlead.libcontainer.Container} puts together what the packages below know: cgroups, root
 * file system, the launcher's processes, seccomp, capabilities, users. It knows nothing of CRI, images or networks.
 */
@NullMarked
package dev.fairlead.libcontainer;

import org.jspecify.annotations.NullMarked;
