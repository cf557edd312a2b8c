/**
 * A container's processes: the launcher, which is the only C in Fairlead, and the daemon's end of its protocol.
 *
 * <p>{@link dev.fairlead.libcontainer.process.Launcher} holds the program; {@link dev.fairlead.libcontainer.process.Warden} is one
 * container's, started by us or by a daemon before us. The order of a container's life:
 * {@link dev.fairlead.libcontainer.process.Warden#start start} with an {@link dev.fairlead.libcontainer.process.InitRequest},
 * {@code awaitInit}, {@code enterRoot} with the root that the rootfs thread built (OCI's state <em>created</em>), {@code launch} (OCI's
 * <em>running</em>), {@code exec} any number of times, {@code exit}, {@code release}. The protocol itself is described in
 * {@code runtime/src/main/c/PROTOCOL.md}.
 */
@NullMarked
package dev.fairlead.libcontainer.process;

import org.jspecify.annotations.NullMarked;
