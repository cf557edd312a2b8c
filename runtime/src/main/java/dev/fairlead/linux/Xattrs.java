package dev.fairlead.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.Pointer;

/** Extended attributes, xattr(7), of open files and of names; a link itself where a name is one. */
public final class Xattrs {
    private static final int MAX_SIZE = 65536;

    private Xattrs() {}

    /** Sets an attribute of an open file (not O_PATH). */
    public static void set(Fd fd, String name, byte[] value) throws ErrnoException {
        if (LibC.get().fsetxattr(fd.number(), name, Memory.bytes(value), value.length, 0) < 0) {
            throw ErrnoException.last("fsetxattr", fd.name(), name);
        }
    }

    /** Sets an attribute of what {@code path} names. */
    public static void set(String path, String name, byte[] value) throws ErrnoException {
        if (LibC.get().lsetxattr(path, name, Memory.bytes(value), value.length, 0) < 0) {
            throw ErrnoException.last("lsetxattr", path, name);
        }
    }

    /** An attribute's value. */
    public static byte[] get(Fd fd, String name) throws ErrnoException {
        Pointer buffer = Memory.zeroed(MAX_SIZE);
        long size = LibC.get().fgetxattr(fd.number(), name, buffer, MAX_SIZE);
        if (size < 0) {
            throw ErrnoException.last("fgetxattr", fd.name(), name);
        }
        return copy(buffer, size);
    }

    /** An attribute's value, of what {@code path} names. */
    public static byte[] get(String path, String name) throws ErrnoException {
        Pointer buffer = Memory.zeroed(MAX_SIZE);
        long size = LibC.get().lgetxattr(path, name, buffer, MAX_SIZE);
        if (size < 0) {
            throw ErrnoException.last("lgetxattr", path, name);
        }
        return copy(buffer, size);
    }

    /** The names of all attributes. */
    public static List<String> list(Fd fd) throws ErrnoException {
        Pointer buffer = Memory.zeroed(MAX_SIZE);
        long size = LibC.get().flistxattr(fd.number(), buffer, MAX_SIZE);
        if (size < 0) {
            throw ErrnoException.last("flistxattr", fd.name());
        }
        return names(copy(buffer, size));
    }

    /** The names of all attributes of what {@code path} names. */
    public static List<String> list(String path) throws ErrnoException {
        Pointer buffer = Memory.zeroed(MAX_SIZE);
        long size = LibC.get().llistxattr(path, buffer, MAX_SIZE);
        if (size < 0) {
            throw ErrnoException.last("llistxattr", path);
        }
        return names(copy(buffer, size));
    }

    private static List<String> names(byte[] list) {
        return Arrays.stream(new String(list, StandardCharsets.UTF_8).split("\0", -1))
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static byte[] copy(Pointer buffer, long size) {
        byte[] bytes = new byte[(int) size];
        buffer.get(0, bytes, 0, bytes.length);
        return bytes;
    }
}
