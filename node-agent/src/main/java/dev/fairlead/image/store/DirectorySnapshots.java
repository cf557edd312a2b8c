package dev.fairlead.image.store;

import dev.fairlead.image.Digest;
import dev.fairlead.image.FsUsage;
import dev.fairlead.image.Image;
import dev.fairlead.image.layer.FileTree;
import dev.fairlead.linux.BlockGroups;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots as directories: {@code <id>/upper}, {@code <id>/work}, and {@code <id>/layers} with the chain ids, topmost first. The images that are
 * mounted as volumes have a {@code <id>/volume-<number>} of the same kind.
 */
final class DirectorySnapshots implements Snapshots {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}");

    private static final String VOLUME = "volume-";

    private final Path directory;
    private final Path emptyLayer;
    private final Layers layers;
    private final LayerKeeper keeper;
    private final AtomicLong names = new AtomicLong();

    /** Makes sure that an image's layers are there, and stay until the snapshot names them. */
    interface LayerKeeper {
        void withLayers(Image image, Body body) throws IOException;

        /** What is done meanwhile. */
        interface Body {
            void run() throws IOException;
        }
    }

    /**
     * @param directory of all containers
     * @param emptyLayer stands for the layers of an image that has none
     */
    DirectorySnapshots(Path directory, Path emptyLayer, Layers layers, LayerKeeper keeper) throws IOException {
        this.directory = directory;
        this.emptyLayer = emptyLayer;
        this.layers = layers;
        this.keeper = keeper;
        Files.createDirectories(directory);
        var _ = BlockGroups.spreadChildren(directory.toString()); // nor is a container's root in the next one's
        Files.createDirectories(emptyLayer);
        try (Stream<Path> paths = Files.list(directory)) {
            for (Path path : paths.toList()) {
                if (path.getFileName().toString().startsWith(".")) {
                    FileTree.remove(path);
                }
            }
        }
    }

    @Override
    public Snapshot create(String containerId, Image image) throws IOException {
        Path home = home(containerId);
        if (Files.exists(home)) {
            throw new FileAlreadyExistsException(home.toString());
        }
        List<Digest> chain = image.chainIds().reversed();
        Path fresh = directory.resolve(".new-" + names.incrementAndGet());
        keeper.withLayers(image, () -> {
            try {
                Openat.makeDirectory(Fd.CWD, fresh.toString(), 0700);
                Openat.makeDirectory(Fd.CWD, fresh.resolve("work").toString(), 0700);
                Openat.makeDirectory(Fd.CWD, fresh.resolve("upper").toString(), 0755);
                likeTopLayer(fresh.resolve("upper"), chain);
                Files.write(
                        fresh.resolve("layers"),
                        chain.stream().map(Digest::toString).toList());
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (ErrnoException e) {
                FileTree.remove(fresh);
                throw DurableFiles.typed(e, home);
            } catch (IOException e) {
                FileTree.remove(fresh);
                throw e;
            }
        });
        return snapshot(containerId, chain);
    }

    /** The root that a container sees is the upper directory itself. */
    private void likeTopLayer(Path upper, List<Digest> chain) throws IOException {
        if (chain.isEmpty()) {
            return;
        }
        EnumSet<OpenFlag> flags = EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY);
        try (Fd top = Openat.open(Fd.CWD, layers.files(chain.getFirst()).toString(), flags, 0);
                Fd fd = Openat.open(Fd.CWD, upper.toString(), flags, 0)) {
            Stat.Status status = Stat.of(top);
            Openat.chown(fd, status.uid(), status.gid());
            FileIo.setMode(fd, status.mode());
        }
    }

    @Override
    public List<Path> addVolume(String containerId, int number, Image image) throws IOException {
        List<Digest> chain = image.chainIds().reversed();
        Path list = home(containerId).resolve(VOLUME + number);
        keeper.withLayers(
                image,
                () -> Files.write(list, chain.stream().map(Digest::toString).toList()));
        List<Path> lower = new ArrayList<>(chain.stream().map(layers::files).toList());
        lower.add(emptyLayer);
        return lower;
    }

    @Override
    public Optional<Snapshot> find(String containerId) throws IOException {
        try {
            return Optional.of(snapshot(containerId, chain(containerId)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private List<Digest> chain(String containerId) throws IOException {
        return read(home(containerId).resolve("layers"));
    }

    private static List<Digest> read(Path list) throws IOException {
        List<Digest> chain = new ArrayList<>();
        for (String line : Files.readAllLines(list)) {
            chain.add(Digest.parse(line));
        }
        return chain;
    }

    private Snapshot snapshot(String containerId, List<Digest> chain) {
        List<Path> lower = chain.isEmpty()
                ? List.of(emptyLayer)
                : chain.stream().map(layers::files).toList();
        Path home = home(containerId);
        return new Snapshot(containerId, lower, home.resolve("upper"), home.resolve("work"));
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    /** Layers that some container stands on. */
    List<Digest> layersInUse() throws IOException {
        List<Digest> used = new ArrayList<>();
        for (String id : list()) {
            try {
                used.addAll(chain(id));
                try (DirectoryStream<Path> volumes = Files.newDirectoryStream(home(id), VOLUME + "*")) {
                    for (Path volume : volumes) {
                        used.addAll(read(volume));
                    }
                }
            } catch (NoSuchFileException e) {
                // removed meanwhile
            }
        }
        return used;
    }

    @Override
    public void remove(String containerId) throws IOException {
        Path trash = directory.resolve(".old-" + names.incrementAndGet());
        try {
            Files.move(home(containerId), trash, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        FileTree.remove(trash);
    }

    @Override
    public FsUsage usage(String containerId) throws IOException {
        Path upper = home(containerId).resolve("upper");
        Counter counter = new Counter();
        Files.walkFileTree(upper, counter);
        return new FsUsage(
                upper, counter.bytes, counter.inodes, Clock.systemUTC().instant());
    }

    /** Counts while the container may be writing: what vanishes meanwhile counts nothing. */
    private static final class Counter extends SimpleFileVisitor<Path> {
        private long bytes;
        private long inodes;

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            count(directory);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            count(file);
            return FileVisitResult.CONTINUE;
        }

        private void count(Path path) {
            try {
                bytes += Stat.allocated(Fd.CWD, path.toString());
                inodes++;
            } catch (ErrnoException e) {
                // removed meanwhile
            }
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) {
            return FileVisitResult.CONTINUE;
        }
    }

    private Path home(String containerId) {
        if (!ID.matcher(containerId).matches()) {
            throw new IllegalArgumentException("\"" + containerId + "\" is no container id");
        }
        return directory.resolve(containerId);
    }
}
