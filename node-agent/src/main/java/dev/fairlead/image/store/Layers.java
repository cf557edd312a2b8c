package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.image.layer.LayerBelow;
import dev.fairlead.image.layer.LayerContent;
import dev.fairlead.image.layer.LayerUnpacker;
import dev.fairlead.linux.BlockGroups;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Openat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Unpacked layers: {@code <chain id>/fs} is the layer, {@code <chain id>/usage} its bytes and inodes. A layer gets its name when it is whole.
 *
 * <p>Waiting for the disk to have thousands of files would take longer than unpacking them. So a layer is noted as {@code unsynced} by the
 * boot id of the machine until one syncfs(2) behind the pull has covered it; one that still has the note after another boot may have lost
 * files, is removed, and unpacked again from its blob when it is wanted.
 */
final class Layers {
    private static final String TEMPORARY = ".new-";
    private static final String TRASH = ".old-";
    private static final String UNSYNCED = "unsynced";

    private final Path directory;
    private final String bootId;
    private final AtomicLong names = new AtomicLong();

    /** Opens or makes the directory, and removes what an earlier life left half done. */
    Layers(Path directory, BootId boot) throws IOException {
        this.directory = directory;
        this.bootId = boot.text();
        Files.createDirectories(directory);
        var _ = BlockGroups.spreadChildren(
                directory.toString()); // a layer that is removed is not in the next one's way
        for (Path path : paths()) {
            String name = path.getFileName().toString();
            if (name.startsWith(".") || mayHaveLostFiles(path)) {
                FileTree.remove(path);
            }
        }
    }

    private boolean mayHaveLostFiles(Path layer) throws IOException {
        Path note = layer.resolve(UNSYNCED);
        return Files.exists(note) && !Files.readString(note).equals(bootId);
    }

    /** The directory for {@code lowerdir}. */
    Path files(Digest chainId) {
        return home(chainId).resolve("fs");
    }

    boolean has(Digest chainId) {
        return Files.exists(home(chainId));
    }

    /** Whether it is here to stay, whatever happens to the machine: its blob is of no more use then. */
    boolean isOnDisk(Digest chainId) {
        return has(chainId) && !Files.exists(home(chainId).resolve(UNSYNCED));
    }

    /** Names of all layers, as hexadecimal digits. */
    List<String> list() throws IOException {
        return paths().stream()
                .map(path -> path.getFileName().toString())
                .filter(name -> !name.startsWith("."))
                .toList();
    }

    /** The digest that a name of {@link #list} stands for. */
    static Digest chainId(String hex) {
        return new Digest(hex.length() == 64 ? Digest.Algorithm.SHA256 : Digest.Algorithm.SHA512, hex);
    }

    /** A layer that is unpacked and has no name yet. */
    record Unpacked(Path home, LayerContent content, String label) implements AutoCloseable {
        Path files() {
            return home.resolve("fs");
        }

        /** Removes it, unless it has its name by now. */
        @Override
        public void close() throws IOException {
            FileTree.remove(home);
        }
    }

    /**
     * Unpacks a layer under a temporary name; the caller closes it.
     * @param lowest whether nothing lies below
     * @param label begins messages
     */
    Unpacked unpack(InputStream compressed, Digest diffId, boolean lowest, String label) throws IOException {
        Path home = directory.resolve(TEMPORARY + names.incrementAndGet());
        Path files = home.resolve("fs");
        try {
            Openat.makeDirectory(Fd.CWD, home.toString(), 0700);
            Openat.makeDirectory(Fd.CWD, files.toString(), 0755);
            return new Unpacked(home, LayerUnpacker.unpack(compressed, diffId, files, lowest, label), label);
        } catch (ErrnoException e) {
            removeAfter(e, home);
            throw DurableFiles.typed(e, home);
        } catch (IOException | RuntimeException e) {
            removeAfter(e, home);
            throw e;
        }
    }

    private static void removeAfter(Exception failure, Path home) {
        try {
            FileTree.remove(home);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Gives a layer its name, once all below have theirs.
     * @param below chain ids of the layers below, the nearest first
     */
    void keep(Unpacked unpacked, Digest chainId, List<Digest> below) throws IOException {
        if (has(chainId)) {
            return;
        }
        try {
            LayerBelow.settle(
                    unpacked.content(),
                    unpacked.files(),
                    below.stream().map(this::files).toList(),
                    unpacked.label());
            write(
                    unpacked.home().resolve("usage"),
                    unpacked.content().bytes() + " " + unpacked.content().inodes());
            write(unpacked.home().resolve(UNSYNCED), bootId);
        } catch (ErrnoException e) {
            throw DurableFiles.typed(e, unpacked.home());
        }
        Files.move(unpacked.home(), home(chainId), StandardCopyOption.ATOMIC_MOVE);
    }

    /** With an errno, so that a full disk is told as that here too. */
    private static void write(Path file, String text) throws ErrnoException {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        IoBuffer buffer = new IoBuffer(bytes.length);
        buffer.put(bytes, 0, bytes.length);
        try (Fd fd = DurableFiles.create(file)) {
            FileIo.write(fd, buffer, bytes.length);
        }
    }

    /** Notes of layers that the disk may not have yet: to be deleted once it has what is here now. */
    List<Path> notes() throws IOException {
        return paths().stream()
                .map(path -> path.resolve(UNSYNCED))
                .filter(Files::exists)
                .toList();
    }

    /** Bytes and inodes of a layer, as counted when it was unpacked. */
    long[] usage(String hex) throws IOException {
        String[] numbers =
                Files.readString(directory.resolve(hex).resolve("usage")).split(" ", -1);
        return new long[] {Long.parseLong(numbers[0]), Long.parseLong(numbers[1])};
    }

    /**
     * Takes a layer's name away at once.
     * @return where it lies until {@link FileTree#remove} has removed it, which takes its time
     */
    Path discard(String hex) throws IOException {
        Path trash = directory.resolve(TRASH + names.incrementAndGet());
        Files.move(directory.resolve(hex), trash, StandardCopyOption.ATOMIC_MOVE);
        return trash;
    }

    private Path home(Digest chainId) {
        return directory.resolve(chainId.hex());
    }

    private List<Path> paths() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.toList();
        }
    }
}
