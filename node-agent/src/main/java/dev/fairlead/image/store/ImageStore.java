package dev.fairlead.image.store;

import dev.fairlead.image.FsUsage;
import dev.fairlead.image.Image;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.PullProgress;
import dev.fairlead.image.Reference;
import dev.fairlead.image.registry.RegistryConfig;
import dev.fairlead.image.registry.RegistryCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The images of this node. All calls may come from any thread, and block: give them virtual ones.
 *
 * <p>Below {@code root}: {@code images} (an OCI image layout), {@code layers/<chain id>} (unpacked), {@code containers/<id>} (snapshots).
 */
@SuppressWarnings("DoNotCallSuggester") // the bodies follow
public final class ImageStore implements AutoCloseable {
    private ImageStore() {}

    /**
     * Opens or makes the store, and removes what an earlier life left half done.
     * @param root such as /var/lib/fairlead
     * @throws IOException also where another process has it open
     */
    public static ImageStore open(Path root, RegistryConfig config) throws IOException {
        throw new UnsupportedOperationException("ImageStore.open " + root + ' ' + config);
    }

    /**
     * Fetches and unpacks what is not here yet; equal pulls and equal layers are fetched once. An interrupt ends the wait.
     * @throws ImageException tells by its class what went wrong
     */
    public Image pull(Reference reference, Optional<RegistryCredentials> credentials, PullProgress progress)
            throws IOException, InterruptedException {
        throw new UnsupportedOperationException("ImageStore.pull " + reference + credentials + progress);
    }

    /**
     * Reads an archive of {@code docker save} or an OCI image layout, as tar (plain, gzip, zstd) or directory.
     * @return the images it had, unpacked; unnamed ones are kept by their id
     */
    public List<Image> load(Path archive, PullProgress progress) throws IOException, InterruptedException {
        throw new UnsupportedOperationException("ImageStore.load " + archive + progress);
    }

    /** Finds by id (with or without {@code sha256:}, or the beginning of one that no other image shares), name or name@digest. */
    public Optional<Image> find(String nameOrId) throws IOException {
        throw new UnsupportedOperationException("ImageStore.find " + nameOrId);
    }

    /** All images, one entry an id. */
    public List<Image> list() throws IOException {
        throw new UnsupportedOperationException("ImageStore.list");
    }

    /** Gives an image one more name. */
    public Image tag(Image image, Reference name) throws IOException {
        throw new UnsupportedOperationException("ImageStore.tag " + image + name);
    }

    /**
     * Removes an image with all of its names, and what no other image and no snapshot needs; nothing where there is none.
     * @param nameOrId as {@link #find} takes it: one name of several removes that name alone
     */
    public void remove(String nameOrId) throws IOException {
        throw new UnsupportedOperationException("ImageStore.remove " + nameOrId);
    }

    /** What images take on disk; counted at most every ten seconds. */
    public FsUsage usage() throws IOException {
        throw new UnsupportedOperationException("ImageStore.usage");
    }

    /** The containers' side of the store. */
    public Snapshots snapshots() {
        throw new UnsupportedOperationException("ImageStore.snapshots");
    }

    /** Lets another process open the store; pulls that still run fail. */
    @Override
    public void close() throws IOException {}
}
