/**
 * lxcfs as a switch: the files that it offers over those of the kernel in /proc and /sys, so that programs see the limits of their container.
 *
 * <p>{@link dev.fairlead.lxcfs.LxcfsMount} knows lxcfs on the host, and asks it nothing without a time limit.
 * {@link dev.fairlead.lxcfs.Lxcfs} brings its files into containers, watches whether it lives, and keeps those that run up to date.
 */
@NullMarked
package dev.fairlead.lxcfs;

import org.jspecify.annotations.NullMarked;
