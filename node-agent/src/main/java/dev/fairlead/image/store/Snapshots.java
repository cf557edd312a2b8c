package dev.fairlead.image.store;

import dev.fairlead.image.FsUsage;
import dev.fairlead.image.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What containers borrow: layers of an image below, a directory of their own above. A snapshot keeps its layers from being collected. */
public interface Snapshots {
    /**
     * Makes {@code containers/<id>} with an empty upper directory. Whole after a crash, or not there.
     * @throws java.nio.file.FileAlreadyExistsException where the container has one
     */
    Snapshot create(String containerId, Image image) throws IOException;

    /**
     * Keeps the layers of a further image, mounted in a container as a volume, as long as the container has its snapshot.
     * @param number of the volume in the container
     * @return the layers for {@code lowerdir}, topmost first, an empty one below them; of an image without layers that one alone
     */
    List<Path> addVolume(String containerId, int number, Image image) throws IOException;

    /** The snapshot of a container that has one. */
    Optional<Snapshot> find(String containerId) throws IOException;

    /** Ids of all containers that have a snapshot; what the daemon does not know any more it removes at start. */
    List<String> list() throws IOException;

    /** Removes what the container wrote and lets go of its layers; nothing where there is none. Its overlay must be unmounted. */
    void remove(String containerId) throws IOException;

    /** What the container wrote: bytes and inodes of its upper directory, counted now. */
    FsUsage usage(String containerId) throws IOException;
}
