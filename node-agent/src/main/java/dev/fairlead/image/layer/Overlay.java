package dev.fairlead.image.layer;

import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Xattrs;

/** How overlayfs spells what a layer removes (Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories). */
final class Overlay {
    /** A character device of this number hides what lies below. */
    static final DeviceNumber WHITEOUT = new DeviceNumber(0, 0);

    private static final String OPAQUE = "trusted.overlay.opaque";

    private Overlay() {}

    /** Hides what the layers below have in an open directory. */
    static void makeOpaque(Fd directory) throws ErrnoException {
        Xattrs.set(directory, OPAQUE, new byte[] {'y'});
    }

    /** Hides what the layers below have under {@code name}. */
    static void makeWhiteout(Fd dir, String name) throws ErrnoException {
        Openat.makeNode(dir, name, FileType.CHARACTER_DEVICE, 0, WHITEOUT);
    }

    /** Attributes by which overlayfs itself works: a layer that brought them could show files of other layers, so they are dropped. */
    static boolean isReserved(String xattr) {
        return xattr.startsWith("trusted.overlay.") || xattr.startsWith("user.overlay.");
    }
}
