package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.registry.BlobTarget;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.IoBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** The blobs of an OCI image layout. One that has its name was checked against it and is on the disk. */
final class Blobs {
    private static final int BUFFER = 128 << 10;

    private final Path blobs;
    private final Path incoming;
    private final AtomicLong names = new AtomicLong();

    /**
     * @param blobs directory of the layout
     * @param incoming for what is not whole yet, on the same file system
     */
    Blobs(Path blobs, Path incoming) throws IOException {
        this.blobs = blobs;
        this.incoming = incoming;
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            Files.createDirectories(blobs.resolve(algorithm.prefix()));
        }
        Files.createDirectories(incoming);
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
            DurableFiles.write(path(digest), content);
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
            try {
                FileIo.sync(fd);
            } catch (ErrnoException e) {
                throw DurableFiles.typed(e, file);
            }
            DurableFiles.rename(file, path(digest));
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
