/**
 * What is kept on disk: images as an OCI image layout, layers unpacked by chain id, and what containers borrow of them.
 */
@NullMarked
package dev.fairlead.image.store;

import org.jspecify.annotations.NullMarked;
