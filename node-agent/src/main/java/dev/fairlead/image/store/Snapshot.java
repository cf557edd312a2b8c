package dev.fairlead.image.store;

import java.nio.file.Path;
import java.util.List;

/**
 * The directories of a container's overlayfs; mounting them is the caller's.
 *
 * @param containerId whose it is
 * @param lower layers for {@code lowerdir}, topmost first; never empty
 * @param upper what the container writes
 * @param work overlayfs' own, on the file system of {@code upper}
 */
public record Snapshot(String containerId, List<Path> lower, Path upper, Path work) {
    public Snapshot {
        lower = List.copyOf(lower);
    }
}
