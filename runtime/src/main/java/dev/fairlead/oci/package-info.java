/**
 * The OCI runtime-spec 1.3 and image-spec 1.1 as records. A field that we do not know survives reading and writing ({@code unknown}); an
 * absent list or map is empty, an absent number, string or object null.
 */
@NullMarked
package dev.fairlead.oci;

import org.jspecify.annotations.NullMarked;
