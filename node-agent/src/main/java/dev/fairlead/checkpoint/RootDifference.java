package dev.fairlead.checkpoint;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a container has made of its image: the upper directory of its overlay, while the container is stopped. What is there goes into a tar,
 * what hides something becomes a list of names, as CRI-O and podman have it.
 */
final class RootDifference extends SimpleFileVisitor<Path> {
    private static final DeviceNumber WHITEOUT = new DeviceNumber(0, 0);
    private static final String OPAQUE = "trusted.overlay.opaque";

    /** A file whose content, or a directory whose name, lies elsewhere: features of overlayfs that are off unless somebody turns them on. */
    private static final Set<String> ELSEWHERE = Set.of("trusted.overlay.metacopy", "trusted.overlay.redirect");

    private final Path upper;
    private final List<Path> layers;
    private final TarWriter tar;
    private final Set<String> deleted = new LinkedHashSet<>();

    private RootDifference(Path upper, List<Path> layers, TarWriter tar) {
        this.upper = upper;
        this.layers = layers;
        this.tar = tar;
    }

    /**
     * Writes the tar.
     * @return paths in the container that it has removed
     */
    static List<String> write(Path upper, List<Path> layers, OutputStream out, Deadline deadline) throws IOException {
        try (TarWriter tar = new TarWriter(out, deadline)) {
            RootDifference difference = new RootDifference(upper, layers, tar);
            Files.walkFileTree(upper, difference);
            return List.copyOf(difference.deleted);
        }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        String name = upper.relativize(directory).toString();
        tar.add(directory, name.isEmpty() ? "./" : name + '/');
        List<String> overlay = Xattrs.list(directory.toString());
        refuseElsewhere(directory, overlay);
        if (overlay.contains(OPAQUE)) {
            hideBelow(name, directory);
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        String name = upper.relativize(file).toString();
        if (isWhiteout(file)) {
            deleted.add('/' + name);
        } else {
            refuseElsewhere(file, Xattrs.list(file.toString()));
            tar.add(file, name);
        }
        return FileVisitResult.CONTINUE;
    }

    private static boolean isWhiteout(Path file) throws ErrnoException {
        return Stat.ofName(Fd.CWD, file.toString()).isDevice(FileType.CHARACTER_DEVICE, WHITEOUT);
    }

    private static void refuseElsewhere(Path file, List<String> attributes) throws IOException {
        for (String attribute : attributes) {
            if (ELSEWHERE.contains(attribute)) {
                throw new IOException(
                        file + " has " + attribute
                                + ": its content lies in a layer; turn off metacopy and redirect_dir of overlayfs on this node");
            }
        }
    }

    /** Whether all on the way to it are: a link in a layer, which the container has replaced, may lead anywhere on the node. */
    private static boolean isDirectory(Path layer, String name) {
        Path at = layer;
        for (Path part : Path.of(name)) {
            at = at.resolve(part);
            if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return true;
    }

    /** A directory that was removed and made anew hides all that the layers have in it. */
    private void hideBelow(String directory, Path above) throws IOException {
        for (Path layer : layers) {
            Path lower = layer.resolve(directory);
            if (isDirectory(layer, directory)) {
                try (DirectoryStream<Path> children = Files.newDirectoryStream(lower)) {
                    for (Path child : children) {
                        String name = '/' + directory + '/' + child.getFileName();
                        Path ours = above.resolve(child.getFileName());
                        if (!Files.exists(ours, LinkOption.NOFOLLOW_LINKS)) {
                            deleted.add(name);
                        }
                    }
                }
            }
        }
    }
}
