package dev.fairlead.spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * A device node, wherever it lies.
 *
 * @param type b, c or p, as OCI writes it
 * @param major 0 of a FIFO, as is {@code minor}
 * @param mode its permissions
 */
public record NodeDevice(String type, long major, long minor, int mode) {
    /** Of a node that nobody says a mode of. */
    public static final int DEFAULT_MODE = 0666;

    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFIFO = 0010000;

    /**
     * The node at {@code path} on this node.
     * @return empty: nothing is there, or something else
     */
    public static Optional<NodeDevice> at(String path) {
        try {
            Path file = Path.of(path);
            int mode = attribute(file, "mode").intValue();
            long rdev = attribute(file, "rdev").longValue();
            String type = switch (mode & S_IFMT) {
                case S_IFCHR -> "c";
                case S_IFBLK -> "b";
                case S_IFIFO -> "p";
                default -> "";
            };
            return type.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new NodeDevice(type, major(rdev), minor(rdev), mode & 0777));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Number attribute(Path file, String name) throws IOException {
        return Objects.requireNonNull(
                (Number) Files.getAttribute(file, "unix:" + name, LinkOption.NOFOLLOW_LINKS), name);
    }

    /** gnu_dev_major(3). */
    static long major(long rdev) {
        return ((rdev >>> 8) & 0xfff) | ((rdev >>> 32) & ~0xfffL);
    }

    /** gnu_dev_minor(3). */
    static long minor(long rdev) {
        return (rdev & 0xff) | ((rdev >>> 12) & ~0xffL);
    }
}
