/**
 * The root file system of a container: libcontainer's {@code rootfs_linux.go} on file descriptors.
 *
 * <p>{@link dev.fairlead.libcontainer.rootfs.RootfsThread} takes a {@link dev.fairlead.libcontainer.rootfs.RootfsRequest} and does the work
 * on a thread of its own, in two phases. In the host's mount namespace it turns every source into a descriptor of a detached mount; then
 * it joins the namespaces that the container's init was born with, attaches the root there and everything else below it. A target is
 * resolved inside the root once, held as a descriptor, judged ({@link dev.fairlead.libcontainer.rootfs.ProcGuard}) and mounted on: between
 * these there is no path that could be swapped. The table in the module's README tells where each function of libcontainer went.
 */
@NullMarked
package dev.fairlead.libcontainer.rootfs;

import org.jspecify.annotations.NullMarked;
