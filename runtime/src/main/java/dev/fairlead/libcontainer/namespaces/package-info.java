/**
 * The namespaces that the containers of a pod share: made by {@link dev.fairlead.libcontainer.namespaces.PodNamespaces}, pinned by bind
 * mounts so that they need no process to live, joined by each container's init. {@link dev.fairlead.libcontainer.namespaces.Sysctl} holds
 * what may be set in them.
 */
@NullMarked
package dev.fairlead.libcontainer.namespaces;

import org.jspecify.annotations.NullMarked;
