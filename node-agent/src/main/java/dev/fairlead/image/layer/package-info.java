/**
 * Unpacks layers: tar in gzip, zstd or plain, into a directory that nothing in the layer can leave.
 */
@NullMarked
package dev.fairlead.image.layer;

import org.jspecify.annotations.NullMarked;
