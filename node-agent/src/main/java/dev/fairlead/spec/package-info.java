/**
 * CRI messages to OCI configurations: what a container is given by default, by its image, by its pod and by its own configuration.
 * Reads messages and a few facts of the host, makes nothing.
 */
@NullMarked
package dev.fairlead.spec;

import org.jspecify.annotations.NullMarked;
