package dev.fairlead.image.layer;

import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.layer.LayerContent.LinkBelow;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Pipes;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/**
 * Settles what a layer takes from those below it. A directory that has no entry of its own must look as it does below, since overlayfs shows
 * the topmost one: {@code /tmp} would lose its sticky bit. And a hard link may name a file of a layer below.
 */
public final class LayerBelow {
    private static final int BUFFER = 128 << 10;

    private final List<LayerRoot> below;

    private LayerBelow(List<LayerRoot> below) {
        this.below = below;
    }

    /**
     * Completes a layer.
     * @param directory where it was unpacked
     * @param below directories of the layers below, the nearest first
     * @param label begins messages
     * @throws BadImage where a hard link's file is nowhere
     */
    public static void settle(LayerContent content, Path directory, List<Path> below, String label) throws IOException {
        List<LayerRoot> roots = new ArrayList<>();
        try (LayerRoot layer = new LayerRoot(directory)) {
            for (Path path : below) {
                roots.add(new LayerRoot(path));
            }
            LayerBelow settlement = new LayerBelow(roots);
            for (LinkBelow link : content.linksBelow()) {
                settlement.copy(link, layer, label);
            }
            for (String path : content.impliedDirectories()) {
                settlement.resemble(path, layer);
            }
        } finally {
            roots.forEach(LayerRoot::close);
        }
    }

    private void resemble(String path, LayerRoot layer) throws IOException {
        Optional<Fd> made = layer.existing(path, path);
        if (made.isEmpty()) {
            return; // another entry took its place
        }
        try (Fd handle = made.get();
                Fd directory = LayerRoot.openDirectory(handle, ".")) {
            for (LayerRoot lower : below) {
                Optional<Fd> there = lower.existing(path, path);
                if (there.isPresent()) {
                    try (Fd found = there.get();
                            Fd open = LayerRoot.openDirectory(found, ".")) {
                        copyAttributes(open, directory);
                    }
                    return;
                }
            }
        }
    }

    private static void copyAttributes(Fd from, Fd to) throws ErrnoException {
        Stat.Status status = Stat.of(from);
        Openat.chown(to, status.uid(), status.gid());
        FileIo.setMode(to, status.mode());
        for (String name : Xattrs.list(from)) {
            if (!Overlay.isReserved(name)) {
                Xattrs.set(to, name, Xattrs.get(from, name));
            }
        }
        FileIo.setTimes(to, status.modified(), status.modified());
    }

    /** The link becomes a copy, as overlayfs would make one for it. */
    private void copy(LinkBelow link, LayerRoot layer, String label) throws IOException {
        String what = label + ", entry \"" + link.name() + "\", hard link to \"" + link.target() + '"';
        EntryName target = EntryName.parse(link.target(), what);
        EntryName name = EntryName.parse(link.name(), what);
        for (LayerRoot lower : below) {
            Optional<Fd> parent = lower.existing(target.parent(), what);
            if (parent.isEmpty()) {
                continue;
            }
            try (Fd dir = parent.get()) {
                Optional<FileType> type = LayerRoot.typeOf(dir, target.base());
                if (type.isPresent()) {
                    if (type.get() != FileType.REGULAR) {
                        break;
                    }
                    try (Fd from = Openat.open(dir, target.base(), EnumSet.of(OpenFlag.RDONLY, OpenFlag.NOFOLLOW), 0);
                            Fd to = LayerRoot.createFile(layer.parent(name, what), name.base())) {
                        copyBytes(from, to);
                        copyAttributes(from, to);
                    }
                    return;
                }
            }
        }
        throw new BadImage(what
                + ": neither this layer nor one below has that file; the image is hostile or broken, do not use it");
    }

    private static void copyBytes(Fd from, Fd to) throws ErrnoException {
        IoBuffer buffer = new IoBuffer(BUFFER);
        int read;
        while ((read = Pipes.read(from, buffer, BUFFER)) > 0) {
            FileIo.write(to, buffer, read);
        }
    }
}
