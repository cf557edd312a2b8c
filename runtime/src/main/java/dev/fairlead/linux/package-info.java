/**
 * Every system call we make, one class a kernel area: mounts, openat2, namespaces, pidfds and so on. A method is one call: typed flags
 * and {@link dev.fairlead.linux.Fd}s in, a result or an {@link dev.fairlead.linux.ErrnoException} out. It retries EINTR where the man page
 * allows it (never close) and decides nothing: policy lives in {@code dev.fairlead.libcontainer}.
 *
 * <p>{@link dev.fairlead.linux.LibC} holds the bindings themselves; nothing outside this package calls them.
 */
@NullMarked
package dev.fairlead.linux;

import org.jspecify.annotations.NullMarked;
