/**
 * Pulls from registries over the distribution protocol (distribution-spec 1.1), as {@code certs.d} says.
 */
@NullMarked
package dev.fairlead.image.registry;

import org.jspecify.annotations.NullMarked;
