/**
 * Capabilities (capabilities(7)) of containers: the names that CRI and OCI use, the set a container has unless it asks for another, and the
 * masks that a process of this machine can really be given.
 */
@NullMarked
package dev.fairlead.libcontainer.capabilities;

import org.jspecify.annotations.NullMarked;
