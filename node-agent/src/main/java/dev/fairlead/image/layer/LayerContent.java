package dev.fairlead.image.layer;

import java.util.List;

/**
 * What came out of a layer, and what is still to be settled with the layers below it.
 *
 * @param bytes allocated, as far as can be told before they are on the disk
 * @param inodes made
 * @param impliedDirectories paths that entries lie in and that have no entry themselves; the root is the empty path
 * @param linksBelow hard links to files of the layers below
 */
public record LayerContent(long bytes, long inodes, List<String> impliedDirectories, List<LinkBelow> linksBelow) {
    /**
     * A hard link whose file is not in this layer.
     *
     * @param name of the link
     * @param target path of the file
     */
    public record LinkBelow(String name, String target) {}

    public LayerContent {
        impliedDirectories = List.copyOf(impliedDirectories);
        linksBelow = List.copyOf(linksBelow);
    }
}
