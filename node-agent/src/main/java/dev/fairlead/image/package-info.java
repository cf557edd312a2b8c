/**
 * Images: what a pod names, how it gets here and what a container's root is made of.
 *
 * <p>{@link dev.fairlead.image.store.ImageStore} is the way in: it pulls ({@code registry}), keeps (an OCI image layout), unpacks
 * ({@code layer}) and lends layers to containers ({@link dev.fairlead.image.store.Snapshots}). This package has the words that the others
 * share, and depends on none of them. Every failure is an {@link dev.fairlead.image.ImageException}.
 */
@NullMarked
package dev.fairlead.image;

import org.jspecify.annotations.NullMarked;
