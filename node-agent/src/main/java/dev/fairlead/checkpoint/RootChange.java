package dev.fairlead.checkpoint;

import dev.fairlead.image.Digest;
import dev.fairlead.image.layer.Compression;
import dev.fairlead.image.layer.LayerBelow;
import dev.fairlead.image.layer.LayerContent;
import dev.fairlead.image.layer.LayerUnpacker;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** What the container of a checkpoint had made of its image, made of it again: one more layer, which lies in the upper directory. */
final class RootChange {
    private static final String WHITEOUT = ".wh.";

    private RootChange() {}

    /**
     * Applies it.
     * @param difference a tar, compressed or not, with whiteouts (containerd) or without (CRI-O); may be missing
     * @param deleted paths that are hidden
     * @param upper of the new container, empty
     * @param layers of its image, topmost first
     */
    static void apply(Path difference, List<String> deleted, Path upper, List<Path> layers) throws IOException {
        if (Files.isRegularFile(difference)) {
            Digest digest = digest(difference);
            try (InputStream in = Files.newInputStream(difference)) {
                settle(LayerUnpacker.unpack(in, digest, upper, false, difference.toString()), upper, layers);
            }
        }
        if (!deleted.isEmpty()) {
            byte[] tar = whiteouts(deleted);
            String label = CheckpointArchive.DELETED;
            settle(
                    LayerUnpacker.unpack(new ByteArrayInputStream(tar), Digest.sha256(tar), upper, false, label),
                    upper,
                    layers);
        }
    }

    private static void settle(LayerContent content, Path upper, List<Path> layers) throws IOException {
        LayerBelow.settle(content, upper, layers, "the checkpoint's root");
    }

    private static Digest digest(Path tar) throws IOException {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        try (InputStream in = new DigestInputStream(Compression.plain(Files.newInputStream(tar)), hash)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    /** As layers of images have it: /etc/motd is hidden by etc/.wh.motd. */
    private static byte[] whiteouts(List<String> deleted) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (String path : deleted) {
                String name = path.startsWith("/") ? path.substring(1) : path;
                int base = name.lastIndexOf('/') + 1;
                tar.putArchiveEntry(new TarArchiveEntry(name.substring(0, base) + WHITEOUT + name.substring(base)));
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }
}
