package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.registry.BlobTarget;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.IoBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The blobs of an OCI image layout. One that has its name was checked against it.
 *
 * <p>Nobody waits until the disk has it: that would be most of the time of a pull. A note with the boot id of the machine is made before a
 * blob gets its name, and goes when a syncfs(2) behind the pull has covered it. Journaling file systems keep that order. A blob that still
 * has a note of another boot is hashed again, and removed where the power failure took something of it.
 */
final class Blobs {
    private static final int BUFFER = 128 << 10;

    private final Path blobs;
    private final Path incoming;
    private final Path notes;
    private final String bootId;
    private final AtomicLong names = new AtomicLong();

    /**
     * Opens or makes the directories, and removes what is damaged.
     * @param blobs directory of the layout
     * @param incoming for what is not whole yet, on the same file system
     * @param notes which blobs the disk may not have yet
     */
    Blobs(Path blobs, Path incoming, Path notes, BootId boot) throws IOException {
        this.blobs = blobs;
        this.incoming = incoming;
        this.notes = notes;
        this.bootId = boot.text();
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            Files.createDirectories(blobs.resolve(algorithm.prefix()));
        }
        Files.createDirectories(incoming);
        Files.createDirectories(notes);
        for (Path note : notes()) {
            if (!Files.readString(note).equals(bootId)) {
                removeIfDamaged(Digest.parse(note.getFileName().toString().replace('-', ':')));
                Files.delete(note);
            }
        }
    }

    private void removeIfDamaged(Digest digest) throws IOException {
        if (has(digest) && !hash(path(digest), digest.algorithm()).equals(digest)) {
            remove(digest);
        }
    }

    /** What a file hashes to. */
    static Digest hash(Path file, Digest.Algorithm algorithm) throws IOException {
        MessageDigest hash = algorithm.hash();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            int read;
            while ((read = in.read(buffer)) > 0) {
                hash.update(buffer, 0, read);
            }
        }
        return Digest.of(algorithm, hash);
    }

    Path path(Digest digest) {
        return blobs.resolve(digest.algorithm().prefix()).resolve(digest.hex());
    }

    boolean has(Digest digest) {
        return Files.exists(path(digest));
    }

    /** Reads a small one. */
    byte[] read(Digest digest) throws IOException {
        try {
            return Files.readAllBytes(path(digest));
        } catch (NoSuchFileException e) {
            throw new ImageException.NotFound("the store has no blob " + digest + "; pull the image again");
        }
    }

    /** Keeps what hashes to {@code digest}. */
    void write(Digest digest, byte[] content) throws IOException {
        if (!has(digest)) {
            try (Incoming file = receive()) {
                file.write(content, content.length);
                file.keep(digest);
            }
        }
    }

    /** Notes of blobs that the disk may not have yet: to be deleted once it has what is here now. */
    List<Path> notes() throws IOException {
        try (Stream<Path> files = Files.list(notes)) {
            return files.toList();
        }
    }

    /** All that are here. */
    List<Digest> list() throws IOException {
        List<Digest> digests = new ArrayList<>();
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            try (Stream<Path> files = Files.list(blobs.resolve(algorithm.prefix()))) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString();
                    if (!name.startsWith(".")) {
                        digests.add(Digest.parse(algorithm.prefix() + ':' + name));
                    }
                }
            }
        }
        return digests;
    }

    long size(Digest digest) throws IOException {
        return Files.size(path(digest));
    }

    void remove(Digest digest) throws IOException {
        Files.deleteIfExists(path(digest));
    }

    /** A blob that arrives. */
    Incoming receive() throws IOException {
        return new Incoming(incoming.resolve("blob-" + names.incrementAndGet()));
    }

    /** A file that becomes a blob, or goes. */
    final class Incoming implements BlobTarget, AutoCloseable {
        private final Path file;
        private final Fd fd;
        private final IoBuffer buffer = new IoBuffer(BUFFER);
        private boolean kept;

        private Incoming(Path file) throws IOException {
            this.file = file;
            try {
                this.fd = DurableFiles.create(file);
            } catch (ErrnoException e) {
                throw DurableFiles.typed(e, file);
            }
        }

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            try {
                for (int at = 0; at < length; at += BUFFER) {
                    int part = Math.min(BUFFER, length - at);
                    buffer.put(bytes, at, part);
                    FileIo.write(fd, buffer, part);
                }
            } catch (ErrnoException e) {
                throw DurableFiles.typed(e, file);
            }
        }

        @Override
        public void restart() throws IOException {
            FileIo.truncate(fd, 0);
            FileIo.seek(fd, 0);
        }

        /** Makes it the blob {@code digest}, which it was checked against. */
        void keep(Digest digest) throws IOException {
            Path note = notes.resolve(digest.toString().replace(':', '-'));
            try (Fd noted = DurableFiles.create(note)) {
                byte[] text = bootId.getBytes(StandardCharsets.US_ASCII);
                buffer.put(text, 0, text.length);
                FileIo.write(noted, buffer, text.length);
            } catch (ErrnoException e) {
                throw DurableFiles.typed(e, file);
            }
            Files.move(file, path(digest), StandardCopyOption.ATOMIC_MOVE);
            kept = true;
        }

        @Override
        public void close() throws IOException {
            fd.close();
            if (!kept) {
                Files.deleteIfExists(file);
            }
        }
    }
}
