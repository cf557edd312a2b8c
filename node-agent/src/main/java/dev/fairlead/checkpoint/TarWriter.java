package dev.fairlead.checkpoint;

import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** A tar of files of this node as they are: owners, modes, times, extended attributes, hard links, devices. Sockets are left out. */
final class TarWriter implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    private final TarArchiveOutputStream tar;
    private final Deadline deadline;
    private final Map<Long, String> linked = new HashMap<>();
    private final byte[] buffer = new byte[CHUNK];

    /** Closes {@code out} in the end. */
    TarWriter(OutputStream out, Deadline deadline) {
        this.tar = new TarArchiveOutputStream(out, "UTF-8");
        this.deadline = deadline;
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_TRUNCATE); // the extended header has the whole name
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    }

    /** Adds a file, link, device or directory (not what is in it). */
    void add(Path file, String name) throws IOException {
        checkTime();
        Stat.Status status = Stat.ofName(Fd.CWD, file.toString());
        if (status.type() == FileType.SOCKET || status.type() == FileType.OTHER) {
            return;
        }
        PaxRecords records = new PaxRecords().path(name).modified(status.modified());
        TarArchiveEntry entry = entry(file, name, status, records);
        attributes(file, records);
        records.writeTo(tar);
        tar.putArchiveEntry(entry);
        if (entry.getSize() > 0) {
            copy(file, entry.getSize());
        }
        tar.closeArchiveEntry();
    }

    private TarArchiveEntry entry(Path file, String name, Stat.Status status, PaxRecords records)
            throws ErrnoException {
        String first = status.type() == FileType.REGULAR && status.links() > 1
                ? linked.putIfAbsent(status.inode(), name)
                : null;
        TarArchiveEntry entry = new TarArchiveEntry(name, first != null ? TarConstants.LF_LINK : kind(status.type()));
        if (first != null) {
            entry.setLinkName(first);
            records.link(first);
        } else if (status.type() == FileType.REGULAR) {
            entry.setSize(status.size());
        } else if (status.type() == FileType.SYMBOLIC_LINK) {
            String target = Openat.readLink(Fd.CWD, file.toString());
            entry.setLinkName(target);
            records.link(target);
        } else if (status.type() == FileType.CHARACTER_DEVICE || status.type() == FileType.BLOCK_DEVICE) {
            entry.setDevMajor(status.device().major());
            entry.setDevMinor(status.device().minor());
        }
        entry.setMode(status.mode());
        entry.setUserId(Integer.toUnsignedLong(status.uid()));
        entry.setGroupId(Integer.toUnsignedLong(status.gid()));
        entry.setModTime(status.modified().toEpochMilli());
        return entry;
    }

    private static byte kind(FileType type) {
        return switch (type) {
            case REGULAR -> TarConstants.LF_NORMAL;
            case DIRECTORY -> TarConstants.LF_DIR;
            case SYMBOLIC_LINK -> TarConstants.LF_SYMLINK;
            case FIFO -> TarConstants.LF_FIFO;
            case CHARACTER_DEVICE -> TarConstants.LF_CHR;
            case BLOCK_DEVICE -> TarConstants.LF_BLK;
            case SOCKET, OTHER -> throw new IllegalArgumentException("a tar has no " + type.words());
        };
    }

    private static void attributes(Path file, PaxRecords records) throws ErrnoException {
        for (String attribute : Xattrs.list(file.toString())) {
            if (!attribute.startsWith("trusted.overlay.") && !attribute.startsWith("user.overlay.")) {
                records.xattr(attribute, Xattrs.get(file.toString(), attribute));
            }
        }
    }

    /** No more than {@code size}: a log may grow meanwhile. */
    private void copy(Path file, long size) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            long left = size;
            while (left > 0) {
                checkTime();
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    throw new IOException(file + " became shorter while it was read");
                }
                tar.write(buffer, 0, count);
                left -= count;
            }
        }
    }

    private void checkTime() throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("writing an archive was interrupted");
        }
        if (deadline.isOver()) {
            throw new DeadlineException("the archive was not written within "
                    + deadline.limit().toSeconds() + " s; allow more time, or see what keeps the disk busy");
        }
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }
}
