/**
 * The life cycle of pod sandboxes and their containers: what is made in which order, what is undone when a step fails, what a new daemon
 * finds and finishes. The CRI calls and the commands stand on it; below it are {@code dev.fairlead.libcontainer}, images, CNI and the log
 * pump.
 *
 * <p>{@link dev.fairlead.pod.PodRegistry} knows every sandbox and container; reading it takes no lock and touches no disk. A change of one
 * of them happens under its own lock, and its outcome is on disk before it is visible.
 */
@NullMarked
package dev.fairlead.pod;

import org.jspecify.annotations.NullMarked;
