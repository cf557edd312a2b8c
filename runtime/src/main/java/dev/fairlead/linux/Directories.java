package dev.fairlead.linux;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import jnr.ffi.Pointer;

/** Reads directories that are held open, getdents64(2). */
public final class Directories {
    private static final int GETDENTS64 = System.getProperty("os.arch", "").equals("aarch64") ? 61 : 217;
    private static final int BUFFER = 32768;
    private static final int RECORD_LENGTH = 16;
    private static final int NAME = 19;

    private Directories() {}

    /**
     * Names in a directory, without . and .., in the file system's order.
     *
     * @param directory opened for reading (not O_PATH), at its beginning
     * @throws ErrnoException EILSEQ: a name that is not UTF-8, which we could not name again
     */
    public static List<String> list(Fd directory) throws ErrnoException {
        List<String> names = new ArrayList<>();
        Pointer buffer = Memory.zeroed(BUFFER);
        try {
            while (true) {
                long count = LibC.get().syscall(GETDENTS64, directory.number(), buffer.address(), BUFFER, 0, 0);
                if (count < 0) {
                    throw ErrnoException.last("getdents64", directory.name());
                }
                if (count == 0) {
                    return names;
                }
                for (int at = 0; at < count; at += buffer.getShort(at + RECORD_LENGTH) & 0xffff) {
                    String name = name(directory, buffer, at, (int) count);
                    if (!name.equals(".") && !name.equals("..")) {
                        names.add(name);
                    }
                }
            }
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static String name(Fd directory, Pointer buffer, int at, int end) throws ErrnoException {
        int length = buffer.indexOf(at + NAME, (byte) 0, end - at - NAME);
        byte[] bytes = new byte[length];
        buffer.get(at + NAME, bytes, 0, length);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            ErrnoException failure =
                    new ErrnoException("a name in " + directory.name() + " that is not UTF-8", Errno.EILSEQ);
            failure.addSuppressed(e);
            throw failure;
        }
    }
}
