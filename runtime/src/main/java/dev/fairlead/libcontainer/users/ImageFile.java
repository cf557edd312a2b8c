package dev.fairlead.libcontainer.users;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Optional;

/** Reads a small file of an image that nobody vouches for. */
final class ImageFile {
    private static final int LARGEST = 16 << 20;

    private ImageFile() {}

    /**
     * Gives the text of {@code path} below {@code root}; bytes that are no UTF-8 become U+FFFD.
     * @return empty where there is no such file
     * @throws UserException it is no regular file, or larger than 16 MiB
     */
    static Optional<String> read(Fd root, String path) throws IOException {
        // As a place first: to open a FIFO for reading would wait for a writer, to open a device may do anything.
        try (Fd place = Openat.open(
                root, path, EnumSet.of(OpenFlag.PATH), 0, EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_MAGICLINKS))) {
            Stat.Status status = Stat.of(place);
            if (status.type() != FileType.REGULAR) {
                throw new UserException("the image's " + path + " is no regular file but a "
                        + status.type().words());
            }
            if (status.size() > LARGEST) {
                throw new UserException(
                        "the image's " + path + " has " + status.size() + " bytes, more than " + LARGEST);
            }
            byte[] bytes = KernelFiles.readBytes("/proc/thread-self/fd/" + place.number(), LARGEST);
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
