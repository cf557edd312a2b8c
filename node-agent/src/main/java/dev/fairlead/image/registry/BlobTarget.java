package dev.fairlead.image.registry;

import java.io.IOException;

/** Takes a blob as it arrives. */
public interface BlobTarget {
    /** Takes the next bytes; the array is the caller's again afterwards. */
    void write(byte[] bytes, int length) throws IOException;

    /** Forgets all bytes: the blob comes again from another place. */
    void restart() throws IOException;
}
