/**
 * The daemon's calls beside CRI: pulls and imports of images that tell how far they are. A sentence of the protocol is in
 * {@code src/main/proto/fairlead/v1/admin.proto}.
 */
@NullMarked
package dev.fairlead.admin;

import org.jspecify.annotations.NullMarked;
