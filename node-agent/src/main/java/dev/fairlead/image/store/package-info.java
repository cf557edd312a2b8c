/**
 * What is kept on disk: images as an OCI image layout, layers unpacked by chain id, and what containers borrow of them.
 *
 * <pre>
 * images/oci-layout, index.json, blobs/   an OCI image layout: skopeo, umoci and ORAS read it
 * layers/&lt;chain id>/fs                    a layer, as overlayfs wants it
 * layers/&lt;chain id>/usage                 its bytes and inodes
 * containers/&lt;id>/upper, work             what a container writes
 * containers/&lt;id>/layers                  what it stands on, topmost first
 * incoming/, .new-*, .old-*, .removing-*  on the way in or out; removed at start
 * unsynced/, layers/&lt;chain id>/unsynced   what a power failure may damage: checked, or made again, after the next boot
 * empty/                                  stands for the layers of an image that has none
 * images.lock                             one daemon at a time
 * </pre>
 *
 * <p>Everything gets its name by a rename when it is whole, index.json last. So a killed daemon leaves nothing but what start removes. What
 * neither an image nor a container nor running work names is collected, at once when an image is removed or a pull fails.
 *
 * <p>A pull of 64 MiB in 4 layers and 3,000 files from a registry on loopback takes 0.6 s of processor time on the JVM once it is warm (two
 * cores, busy machine: 0.7 to 1.2 s by the clock; containerd 2.4.2: 1.6 s on the idle one). Whoever measures it again: ext4 looks for a free
 * inode beyond all that were deleted within the last half minute, so removing the image between two pulls makes the second three times as
 * dear.
 */
@NullMarked
package dev.fairlead.image.store;

import org.jspecify.annotations.NullMarked;
