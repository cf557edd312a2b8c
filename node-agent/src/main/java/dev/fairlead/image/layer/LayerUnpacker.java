package dev.fairlead.image.layer;

import dev.fairlead.image.Digest;
import dev.fairlead.image.ImageException;
import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.image.ImageException.NoSpace;
import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.IoBuffer;
import dev.fairlead.linux.Openat;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks one layer (image-spec, layer.md) into an empty directory, removals in overlayfs' spelling. The layers below are not looked at, so
 * that all layers of an image can be unpacked at once; {@link LayerBelow} settles the rest.
 */
public final class LayerUnpacker implements AutoCloseable {
    private static final int BUFFER = 128 << 10;
    private static final int PAGE = 4096;
    /** Of which times are to be set at the end: some 200 bytes of memory each. */
    private static final int MOST_DIRECTORIES = 250_000;

    private static final int MOST_LINKS_BELOW = 10_000;
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final String AUFS = ".wh..wh.";

    private final LayerRoot root;
    private final boolean lowest;
    private final String label;
    private final Fd descriptors;
    private final byte[] buffer = new byte[BUFFER];
    private final IoBuffer nativeBuffer = new IoBuffer(BUFFER);
    private final Map<EntryName, Instant> directoryTimes = new LinkedHashMap<>();
    private final List<LayerContent.LinkBelow> linksBelow = new ArrayList<>();
    private boolean rootHasEntry;
    private long bytes;
    private long inodes = 1;

    private LayerUnpacker(Path directory, boolean lowest, String label) throws ErrnoException {
        this.root = new LayerRoot(directory);
        this.lowest = lowest;
        this.label = label;
        try {
            this.descriptors = Openat.open(
                    Fd.CWD, "/proc/self/fd", EnumSet.of(Openat.OpenFlag.PATH, Openat.OpenFlag.DIRECTORY), 0);
        } catch (ErrnoException e) {
            root.close();
            throw e;
        }
    }

    /**
     * Unpacks a layer. Where this fails, what is in {@code directory} is the caller's to remove.
     * @param compressed the blob, read to its end and not closed; its digest is checked already
     * @param diffId what the plain tar must hash to
     * @param directory empty, on a file system that knows trusted attributes
     * @param lowest nothing lies below: removals are left out, they would show
     * @param label begins messages: which layer of what it is
     * @throws ImageException.DigestMismatch where the tar is not {@code diffId}
     * @throws BadImage names the entry, and what is wrong with it
     * @throws NoSpace where the disk is full
     * @throws InterruptedIOException where the thread was interrupted
     */
    public static LayerContent unpack(
            InputStream compressed, Digest diffId, Path directory, boolean lowest, String label) throws IOException {
        MessageDigest hash = diffId.algorithm().hash();
        try (LayerUnpacker unpacker = new LayerUnpacker(directory, lowest, label)) {
            DigestInputStream plain = new DigestInputStream(unpacker.plain(compressed), hash);
            unpacker.readAll(plain);
            unpacker.readPadding(plain);
            Digest actual = Digest.of(diffId.algorithm(), hash);
            if (!actual.equals(diffId)) {
                throw new ImageException.DigestMismatch(
                        label + ": unpacked it has digest " + actual + ", the image's configuration says " + diffId
                                + "; the image was put together wrongly: build and push it again",
                        diffId,
                        actual);
            }
            return unpacker.finish();
        } catch (ErrnoException e) {
            throw typed(e, label, directory);
        }
    }

    private InputStream plain(InputStream compressed) throws IOException {
        try {
            return Compression.plain(compressed);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private static IOException typed(ErrnoException e, String what, Path directory) {
        return switch (e.errno()) {
            case ENOSPC, EDQUOT ->
                new NoSpace(
                        what + ": no space is left on the file system of " + directory.getParent()
                                + "; remove images or make it larger (" + e.getMessage() + ')',
                        e);
            default -> e;
        };
    }

    private void readAll(InputStream plain) throws IOException {
        PaxTap tap = new PaxTap(plain, label);
        TarArchiveInputStream tar = new TarArchiveInputStream(tap, StandardCharsets.UTF_8.name());
        while (true) {
            TarArchiveEntry entry = next(tar);
            if (entry == null) {
                return;
            }
            if (Thread.interrupted()) {
                throw new InterruptedIOException("unpacking was interrupted");
            }
            String what = label + ", entry \"" + entry.getName() + '"';
            try {
                unpack(entry, tar, tap.xattrs(), what);
            } catch (ErrnoException e) {
                throw ofEntry(e, what);
            }
        }
    }

    /** What follows the archive's end is no entry, but part of what is hashed. */
    private void readPadding(InputStream plain) throws IOException {
        while (read(plain) > 0) {
            // hashed on its way
        }
    }

    private @Nullable TarArchiveEntry next(TarArchiveInputStream tar) throws IOException {
        try {
            return tar.getNextEntry();
        } catch (IllegalArgumentException e) {
            throw new BadImage(label + ": is no tar archive that can be read: " + e.getMessage(), e);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /** What reading failed with: the layer's fault, unless it was the disk's or an interrupt. */
    private IOException damaged(IOException e) {
        if (e instanceof ImageException
                || e instanceof ClosedByInterruptException
                || e instanceof FileSystemException) {
            return e;
        }
        return new BadImage(
                label + ": is damaged, or no tar archive: " + e.getMessage() + "; build and push the image again", e);
    }

    /** What the archive is to blame for; the rest (no space, no permission, input/output error) is this node's. */
    private static IOException ofEntry(ErrnoException e, String what) {
        return switch (e.errno()) {
            case ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP, EXDEV, EINVAL, EEXIST, ENOENT, EMLINK, ERANGE, E2BIG ->
                new BadImage(what + ": cannot be made: " + e.getMessage(), e);
            default -> e;
        };
    }

    private void unpack(TarArchiveEntry entry, InputStream content, Map<String, byte[]> xattrs, String what)
            throws IOException {
        EntryName name = EntryName.parse(entry.getName(), what);
        if (name.isRoot()) {
            if (entry.isDirectory()) {
                rootHasEntry = true;
                EntryAttributes attributes = EntryAttributes.of(entry, xattrs, what);
                attributes.applyTo(root.fd());
                directoryTimes.put(name, attributes.modified());
            }
            return;
        }
        if (directoryTimes.size() + root.implied().size() > MOST_DIRECTORIES) {
            throw new BadImage(what + ": the layer has more than " + MOST_DIRECTORIES + " directories");
        }
        if (name.base().startsWith(WHITEOUT)) {
            remove(name, what);
            return;
        }
        EntryAttributes attributes = EntryAttributes.of(entry, xattrs, what);
        Fd dir = root.parent(name, what);
        switch (entry.getLinkFlag()) {
            case TarConstants.LF_DIR -> directory(dir, name, attributes);
            case TarConstants.LF_SYMLINK -> {
                dir = replace(dir, name, what);
                symbolicLink(entry.getLinkName(), dir, name, attributes, what);
            }
            case TarConstants.LF_LINK -> {
                dir = replace(dir, name, what);
                hardLink(entry.getLinkName(), name, what);
            }
            case TarConstants.LF_CHR -> node(FileType.CHARACTER_DEVICE, entry, dir, name, attributes, what);
            case TarConstants.LF_BLK -> node(FileType.BLOCK_DEVICE, entry, dir, name, attributes, what);
            case TarConstants.LF_FIFO -> node(FileType.FIFO, entry, dir, name, attributes, what);
            case TarConstants.LF_NORMAL,
                    TarConstants.LF_OLDNORM,
                    TarConstants.LF_CONTIG,
                    TarConstants.LF_GNUTYPE_SPARSE -> {
                if (entry.isDirectory()) {
                    directory(dir, name, attributes); // an old archive: a file whose name ends with a slash
                } else {
                    file(replace(dir, name, what), name, entry, content, attributes);
                }
            }
            default ->
                throw new BadImage(what + ": entries of type '" + (char) entry.getLinkFlag()
                        + "' do not belong in a layer; the image is broken");
        }
    }

    /** Takes away what an earlier entry of this layer put there. */
    private Fd replace(Fd dir, EntryName name, String what) throws IOException {
        Optional<FileType> there = LayerRoot.typeOf(dir, name.base());
        if (there.isEmpty()) {
            return dir;
        }
        if (there.get() == FileType.DIRECTORY) {
            try (Fd tree = LayerRoot.openDirectory(dir, name.base())) {
                FileTree.removeContent(tree);
            }
            Openat.removeDirectory(dir, name.base());
            directoryTimes.keySet().removeIf(directory -> isBelow(directory, name));
        } else {
            Openat.unlink(dir, name.base());
        }
        root.forgetCached();
        return root.parent(name, what);
    }

    private static boolean isBelow(EntryName directory, EntryName top) {
        return directory.components().size() >= top.components().size()
                && directory.components().subList(0, top.components().size()).equals(top.components());
    }

    private void directory(Fd dir, EntryName name, EntryAttributes attributes) throws IOException {
        Optional<FileType> there = LayerRoot.typeOf(dir, name.base());
        boolean hidesBelow = false;
        if (there.isPresent() && there.get() != FileType.DIRECTORY) {
            hidesBelow = LayerRoot.isWhiteout(dir, name.base());
            Openat.unlink(dir, name.base());
        }
        if (there.isEmpty() || there.get() != FileType.DIRECTORY) {
            Openat.makeDirectory(dir, name.base(), 0700);
            count(PAGE);
        }
        try (Fd made = LayerRoot.openDirectory(dir, name.base())) {
            attributes.applyTo(made);
            if (hidesBelow) {
                Overlay.makeOpaque(made);
            }
        }
        root.implied().remove(name.toString());
        directoryTimes.put(name, attributes.modified());
    }

    private void file(Fd dir, EntryName name, TarArchiveEntry entry, InputStream content, EntryAttributes attributes)
            throws IOException {
        try (Fd made = LayerRoot.createFile(dir, name.base())) {
            long written = entry.isSparse() ? writeSparse(content, made) : write(content, made);
            attributes.applyTo(made);
            FileIo.setTimes(made, attributes.modified(), attributes.modified());
            count(written);
        }
    }

    private long write(InputStream content, Fd file) throws IOException {
        long size = 0;
        int read;
        while ((read = read(content)) > 0) {
            nativeBuffer.put(buffer, 0, read);
            FileIo.write(file, nativeBuffer, read);
            size += read;
        }
        return size;
    }

    /** The library reads holes as zeros; whole pages of them become holes again. */
    private long writeSparse(InputStream content, Fd file) throws IOException {
        long size = 0;
        long allocated = 0;
        int read;
        while ((read = read(content)) > 0) {
            for (int at = 0; at < read; at += PAGE) {
                int length = Math.min(PAGE, read - at);
                if (isZero(at, length)) {
                    FileIo.skip(file, length);
                } else {
                    nativeBuffer.put(buffer, at, length);
                    FileIo.write(file, nativeBuffer, length);
                    allocated += length;
                }
            }
            size += read;
        }
        FileIo.truncate(file, size);
        return allocated;
    }

    /** As much as the buffer takes, so that pages stay pages. */
    private int read(InputStream content) throws IOException {
        try {
            return content.readNBytes(buffer, 0, BUFFER);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private boolean isZero(int from, int length) {
        for (int i = from; i < from + length; i++) {
            if (buffer[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void symbolicLink(String target, Fd dir, EntryName name, EntryAttributes attributes, String what)
            throws IOException {
        if (target.isEmpty() || target.indexOf('\0') >= 0) {
            throw new BadImage(what + ": a symbolic link to \"" + target.replace("\0", "\\0") + "\" cannot be made");
        }
        Openat.makeLink(target, dir, name.base());
        applyByHandle(dir, name, attributes, true);
        count(0);
    }

    private void node(
            FileType type, TarArchiveEntry entry, Fd where, EntryName name, EntryAttributes attributes, String what)
            throws IOException {
        DeviceNumber device;
        try {
            device = type == FileType.FIFO
                    ? new DeviceNumber(0, 0)
                    : new DeviceNumber(entry.getDevMajor(), entry.getDevMinor());
        } catch (IllegalArgumentException e) {
            throw new BadImage(what + ": " + e.getMessage(), e);
        }
        Fd dir = replace(where, name, what);
        Openat.makeNode(dir, name.base(), type, 0600, device);
        applyByHandle(dir, name, attributes, false);
        count(0);
    }

    private void applyByHandle(Fd dir, EntryName name, EntryAttributes attributes, boolean isLink) throws IOException {
        try (Fd handle = LayerRoot.openHandle(dir, name.base())) {
            attributes.applyTo(handle, dir, name.base(), isLink, descriptors);
        }
    }

    private void hardLink(String text, EntryName name, String what) throws IOException {
        EntryName target = EntryName.parse(text, what + ", hard link to \"" + text + '"');
        if (target.isRoot()) {
            throw new BadImage(what + ": a hard link to a directory cannot be made");
        }
        Optional<Fd> from = root.existing(target.parent(), what);
        try (Fd fromDir = from.orElse(null)) {
            if (fromDir != null && LayerRoot.typeOf(fromDir, target.base()).isPresent()) {
                if (LayerRoot.typeOf(fromDir, target.base()).get() == FileType.DIRECTORY) {
                    throw new BadImage(what + ": a hard link to a directory, \"" + text + "\", cannot be made");
                }
                Openat.makeHardLink(fromDir, target.base(), root.parent(name, what), name.base());
                return;
            }
        }
        if (linksBelow.size() == MOST_LINKS_BELOW) {
            throw new BadImage(what + ": more than " + MOST_LINKS_BELOW + " hard links lead to files of other layers");
        }
        linksBelow.add(new LayerContent.LinkBelow(name.toString(), target.toString()));
    }

    /** An entry {@code .wh.NAME} removes NAME of the layers below; what this layer has itself stays, wherever it stands in the archive. */
    private void remove(EntryName name, String what) throws IOException {
        String base = name.base();
        if (base.equals(OPAQUE)) {
            Fd dir = root.parent(name, what);
            if (!lowest) {
                makeOpaque(dir);
            }
            return;
        }
        if (base.startsWith(AUFS)) {
            return; // aufs' own notes
        }
        String victim = base.substring(WHITEOUT.length());
        if (victim.isEmpty() || victim.equals(".") || victim.equals("..")) {
            throw new BadImage(what + ": removes \"" + victim + "\", which is no name; the image is hostile or broken");
        }
        Fd dir = root.parent(name, what);
        if (lowest) {
            return;
        }
        Optional<FileType> there = LayerRoot.typeOf(dir, victim);
        if (there.isEmpty()) {
            Overlay.makeWhiteout(dir, victim);
            count(0);
        } else if (there.get() == FileType.DIRECTORY) {
            try (Fd directory = LayerRoot.openDirectory(dir, victim)) {
                Overlay.makeOpaque(directory);
            }
        }
    }

    private static void makeOpaque(Fd dir) throws ErrnoException {
        // The directory may be held by O_PATH only, which takes no attributes.
        try (Fd open = LayerRoot.openDirectory(dir, ".")) {
            Overlay.makeOpaque(open);
        }
    }

    private void count(long size) {
        inodes++;
        bytes += (size + PAGE - 1) / PAGE * PAGE;
    }

    private LayerContent finish() throws IOException {
        // Last, because each file that is made in a directory changes its time.
        for (Map.Entry<EntryName, Instant> directory : directoryTimes.entrySet()) {
            EntryName name = directory.getKey();
            Instant time = directory.getValue();
            if (name.isRoot()) {
                FileIo.setTimes(root.fd(), time, time);
            } else {
                Openat.setTimes(root.parent(name, label + ", entry \"" + name + '"'), name.base(), time, time);
            }
        }
        List<String> implied = new ArrayList<>();
        if (!rootHasEntry) {
            implied.add("");
        }
        implied.addAll(root.implied());
        return new LayerContent(bytes + PAGE + root.made() * PAGE, inodes + root.made(), implied, linksBelow);
    }

    @Override
    public void close() {
        descriptors.close();
        root.close();
    }
}
