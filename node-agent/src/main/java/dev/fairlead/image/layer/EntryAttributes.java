package dev.fairlead.image.layer;

import dev.fairlead.image.ImageException.BadImage;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileIo;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Owner, permissions, times and extended attributes of an entry.
 *
 * @param uid at most 2^32 - 2
 * @param mode permission bits with set-uid, set-gid and sticky
 * @param what begins messages
 */
record EntryAttributes(int uid, int gid, int mode, Instant modified, Map<String, byte[]> xattrs, String what) {
    private static final long LARGEST_ID = 0xffff_fffeL;

    static EntryAttributes of(TarArchiveEntry entry, Map<String, byte[]> xattrs, String what) throws BadImage {
        return new EntryAttributes(
                id(entry.getLongUserId(), what),
                id(entry.getLongGroupId(), what),
                entry.getMode() & 07777,
                entry.getLastModifiedTime().toInstant(),
                xattrs,
                what);
    }

    private static int id(long id, String what) throws BadImage {
        if (id < 0 || id > LARGEST_ID) {
            throw new BadImage(what + ": there is no user or group " + id);
        }
        return (int) id;
    }

    /** To a regular file or directory that is open. Owner first: chown(2) takes set-uid bits and capabilities away. */
    void applyTo(Fd open) throws IOException {
        Openat.chown(open, uid, gid);
        FileIo.setMode(open, mode);
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            if (!Overlay.isReserved(xattr.getKey())) {
                set(xattr, () -> Xattrs.set(open, xattr.getKey(), xattr.getValue()));
            }
        }
    }

    /** To a link, device or FIFO, by a handle on it and on where it lies. */
    void applyTo(Fd handle, Fd dir, String name, boolean isLink, Fd descriptors) throws IOException {
        Openat.chown(handle, uid, gid);
        if (!isLink) {
            Openat.chmod(handle, mode, descriptors);
        }
        for (Map.Entry<String, byte[]> xattr : xattrs.entrySet()) {
            if (!Overlay.isReserved(xattr.getKey())) {
                // There is no setxattrat before Linux 6.13; the last component is not followed here.
                String path = "/proc/self/fd/" + dir.number() + '/' + name;
                set(xattr, () -> Xattrs.set(path, xattr.getKey(), xattr.getValue()));
            }
        }
        Openat.setTimes(dir, name, modified, modified);
    }

    private interface Call {
        void run() throws ErrnoException;
    }

    /** What a file system cannot keep (user attributes on tmpfs before Linux 6.6, SELinux labels without SELinux) an image does without. */
    private void set(Map.Entry<String, byte[]> xattr, Call call) throws IOException {
        try {
            call.run();
        } catch (ErrnoException e) {
            switch (e.errno()) {
                case ENOTSUP -> {}
                // Not a full disk: ext4 keeps the attributes of a file in one block.
                case ENOSPC, E2BIG, ERANGE ->
                    throw new BadImage(
                            what + ": the file system has no room for the attribute " + xattr.getKey() + " of "
                                    + xattr.getValue().length + " bytes (" + e.getMessage() + ")",
                            e);
                default -> throw e;
            }
        }
    }
}
