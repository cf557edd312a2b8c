package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes the mount that becomes the container's / and attaches it, in the container's mount namespace. */
final class RootMount {
    private static final Set<OpenFlag> HANDLE = EnumSet.of(OpenFlag.PATH);
    /** fsconfig(2) takes no longer strings. */
    private static final int MAX_VALUE_BYTES = 255;
    /** mount(2) takes no more than a page of options. */
    private static final int MAX_DATA_BYTES = 4095;

    private static volatile @Nullable OverlayApi overlayApi;

    /** How overlayfs is told of its layers. */
    enum OverlayApi {
        /** One by one, {@code lowerdir+}: Linux 6.7. */
        LAYER_BY_LAYER,
        /** All in one string through mount(2). */
        ONE_STRING
    }

    private final Path attachPoint;
    private final Fd target;
    private final Fd descriptors;
    private final OverlayApi api;

    /**
     * Prepares to mount.
     *
     * @param attachPoint path of {@code target}
     * @param target borrowed
     * @param descriptors /proc/thread-self/fd, borrowed
     */
    RootMount(Path attachPoint, Fd target, Fd descriptors, OverlayApi api) {
        this.attachPoint = attachPoint;
        this.target = target;
        this.descriptors = descriptors;
        this.api = api;
    }

    /**
     * Attaches an overlay.
     * @return the mounted root, owned
     */
    Fd attach(RootSource.Overlay overlay) throws IOException {
        return attach(overlay.layers(), List.of(overlay.upper(), overlay.work()));
    }

    /**
     * Attaches layers alone: a tree that nobody can write to.
     * @param layers the topmost first; at least two
     * @param userNamespace as {@link #attachMapped} takes it; empty: the files belong to whom the layers say, on the host
     * @return the mounted tree, owned
     */
    Fd attachReadOnly(List<Path> layers, Optional<Fd> userNamespace) throws IOException {
        return userNamespace.isPresent()
                ? attachMapped(layers, List.of(), userNamespace.get())
                : attach(layers, List.of());
    }

    /** {@code writable}: upper and work directory, or none. */
    private Fd attach(List<Path> layers, List<Path> writable) throws IOException {
        return switch (api) {
            case LAYER_BY_LAYER -> {
                Fd mount = layerByLayer(layers, writable);
                try {
                    Mounts.attach(mount, target);
                    yield mount;
                } catch (ErrnoException e) {
                    mount.close();
                    throw e;
                }
            }
            case ONE_STRING -> oneString(layers, writable);
        };
    }

    /**
     * Attaches an overlay whose files belong inside to whom the layers say they belong. overlayfs itself cannot be idmapped (EINVAL), its layers
     * can (Linux 5.19): idmapped copies of their mounts are attached to a tmpfs first, upon which the overlay then comes to lie. Attached,
     * since before 6.15 overlayfs takes no directory of a mount that is not. The upper directory is not mapped: what a container writes,
     * a set-uid file perhaps, must not be the host's root's on disk.
     *
     * @param userNamespace the container's
     */
    Fd attachMapped(RootSource.Overlay overlay, Fd userNamespace) throws IOException {
        return attachMapped(overlay.layers(), List.of(overlay.upper(), overlay.work()), userNamespace);
    }

    private Fd attachMapped(List<Path> unmapped, List<Path> writable, Fd userNamespace) throws IOException {
        try (Fd tmpfs = NewFileSystem.mount("tmpfs", "layers", List.of(), Set.of())) {
            Mounts.attach(tmpfs, target);
            List<Path> layers = new ArrayList<>();
            for (Path layer : unmapped) {
                layers.add(attachCopy(tmpfs, layer, Integer.toString(layers.size()), userNamespace));
            }
            return attach(layers, writable);
        }
    }

    private Path attachCopy(Fd tmpfs, Path directory, String name, Fd userNamespace) throws IOException {
        AttributeChange idmap =
                new AttributeChange(Set.of(Attribute.IDMAP), Set.of(), Optional.empty(), Optional.of(userNamespace));
        try (Fd copy = Mounts.openTree(Fd.CWD, directory.toString(), EnumSet.of(TreeFlag.CLONE))) {
            try {
                Mounts.setAttributes(copy, idmap);
            } catch (ErrnoException e) {
                throw e.errno() == Errno.EINVAL ? e.explained("the file system there has no idmapped mounts") : e;
            }
            Openat.makeDirectory(tmpfs, name, 0755);
            try (Fd place = Openat.open(tmpfs, name, EnumSet.of(OpenFlag.PATH, OpenFlag.NOFOLLOW), 0)) {
                Mounts.attach(copy, place);
            }
        }
        return attachPoint.resolve(name);
    }

    /**
     * Gives layers alone, detached, where the kernel takes them {@link OverlayApi#LAYER_BY_LAYER}.
     * @param layers the topmost first; at least two
     */
    static Fd readOnly(List<Path> layers) throws IOException {
        return layerByLayer(layers, List.of());
    }

    /** {@code writable}: upper and work directory, or none. */
    private static Fd layerByLayer(List<Path> layers, List<Path> writable) throws IOException {
        List<Fd> opened = new ArrayList<>();
        try {
            List<NewFileSystem.Option> options = new ArrayList<>();
            for (Path layer : layers) {
                options.add(new NewFileSystem.Option("lowerdir+", value(layer, opened)));
            }
            if (!writable.isEmpty()) {
                options.add(new NewFileSystem.Option("upperdir", value(writable.getFirst(), opened)));
                options.add(new NewFileSystem.Option("workdir", value(writable.getLast(), opened)));
            }
            return NewFileSystem.mount("overlay", "overlay", options, Set.of());
        } finally {
            opened.forEach(Fd::close);
        }
    }

    /** A path as the kernel takes it: one that is too long goes by its descriptor. */
    private static String value(Path path, List<Fd> opened) throws IOException {
        String text = path.toString();
        if (text.getBytes(StandardCharsets.UTF_8).length <= MAX_VALUE_BYTES) {
            return text;
        }
        Fd directory = Openat.open(Fd.CWD, text, HANDLE, 0);
        opened.add(directory);
        return "/proc/self/fd/" + directory.number();
    }

    /**
     * Names every directory by the number of a descriptor, looked up from /proc/thread-self/fd as working directory: so neither a colon in a
     * path nor a page full of layers is a matter, for 500 layers take 2 KiB.
     */
    private Fd oneString(List<Path> directories, List<Path> writable) throws IOException {
        List<Fd> opened = new ArrayList<>();
        try (Fd before = Openat.open(Fd.CWD, ".", HANDLE, 0)) {
            for (Path layer : directories) {
                opened.add(Openat.open(Fd.CWD, layer.toString(), HANDLE, 0));
            }
            StringBuilder data = new StringBuilder("lowerdir=");
            data.append(opened.stream().map(fd -> Integer.toString(fd.number())).collect(Collectors.joining(":")));
            if (!writable.isEmpty()) {
                Fd upper = Openat.open(Fd.CWD, writable.getFirst().toString(), HANDLE, 0);
                opened.add(upper);
                Fd work = Openat.open(Fd.CWD, writable.getLast().toString(), HANDLE, 0);
                opened.add(work);
                data.append(",upperdir=")
                        .append(upper.number())
                        .append(",workdir=")
                        .append(work.number());
            }
            if (data.length() > MAX_DATA_BYTES) {
                throw new IOException(directories.size()
                        + " layers: this kernel takes no more than a page of options for an overlay");
            }
            Namespaces.changeDirectory(descriptors);
            try {
                Mounts.mount("overlay", Integer.toString(target.number()), "overlay", Set.of(), data.toString());
            } finally {
                Namespaces.changeDirectory(before);
            }
        } finally {
            opened.forEach(Fd::close);
        }
        return Mounts.openTree(Fd.CWD, attachPoint.toString(), EnumSet.of(TreeFlag.SYMLINK_NOFOLLOW));
    }

    /** Which way this kernel knows; found out once. */
    static OverlayApi overlayApi() throws IOException {
        OverlayApi known = overlayApi;
        if (known == null) {
            known = probe();
            overlayApi = known;
        }
        return known;
    }

    private static OverlayApi probe() throws IOException {
        try (Fd context = Mounts.fsopen("overlay")) {
            // Before 6.5 overlayfs takes any word here and complains at the end: then it does not know lowerdir+
            // either.
            boolean takesAnything = takes(context, "fairlead_probe");
            return !takesAnything && takes(context, "lowerdir+") ? OverlayApi.LAYER_BY_LAYER : OverlayApi.ONE_STRING;
        }
    }

    private static boolean takes(Fd context, String key) throws IOException {
        try {
            Mounts.setString(context, key, "/");
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }

    /** Says which directory of an overlay is not there: the kernel names none. */
    static String missing(RootSource.Overlay overlay) {
        List<Path> paths = new ArrayList<>(overlay.layers());
        paths.add(overlay.upper());
        paths.add(overlay.work());
        for (Path path : paths) {
            try {
                if (Stat.ofPath(path.toString()).type() != FileType.DIRECTORY) {
                    return path + " is no directory";
                }
            } catch (ErrnoException e) {
                return path + " is missing: " + e.errno().describe();
            }
        }
        return "";
    }
}
