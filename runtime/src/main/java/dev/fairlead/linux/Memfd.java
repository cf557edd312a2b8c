package dev.fairlead.linux;

import java.util.Set;
import jnr.ffi.Pointer;

/** Files that live in memory alone: memfd_create(2). */
public final class Memfd {
    private static final int CLOEXEC = 1;
    private static final int ALLOW_SEALING = 2;
    private static final int ADD_SEALS = 1033;

    private Memfd() {}

    /** What nobody can do any more, us included: fcntl(2), "File Sealing". */
    public enum Seal implements Flag {
        SEAL(1),
        SHRINK(2),
        GROW(4),
        WRITE(8);

        private final int bit;

        Seal(int bit) {
            this.bit = bit;
        }

        @Override
        public long bits() {
            return bit;
        }
    }

    /**
     * Makes a file with {@code contents}.
     * @param name for messages, and for whoever looks into /proc/PID/fd
     * @return owned, open for reading and writing, the offset at the end
     */
    public static Fd of(String name, byte[] contents, Set<Seal> seals) throws ErrnoException {
        int number = LibC.get().memfd_create(name, CLOEXEC | ALLOW_SEALING);
        if (number < 0) {
            throw ErrnoException.last("memfd_create", name);
        }
        Fd fd = Fd.owned(number, name);
        try {
            write(fd, contents);
            if (!seals.isEmpty() && LibC.get().fcntl(number, ADD_SEALS, Flag.word(seals)) < 0) {
                throw ErrnoException.last("fcntl", fd, "F_ADD_SEALS", seals);
            }
            return fd;
        } catch (ErrnoException e) {
            fd.close();
            throw e;
        }
    }

    /**
     * Makes a file for another process to write to, which cannot become larger than {@code size}: a write beyond is EPERM. What is not written
     * reads as zeros.
     * @return owned, open for reading and writing, the offset at the start
     */
    public static Fd bounded(String name, int size) throws ErrnoException {
        Fd fd = of(name, new byte[0], Set.of());
        if (LibC.get().ftruncate(fd.number(), size) < 0
                || LibC.get().fcntl(fd.number(), ADD_SEALS, Flag.word(Set.of(Seal.GROW))) < 0) {
            ErrnoException failure = ErrnoException.last("ftruncate or F_ADD_SEALS", fd, size);
            fd.close();
            throw failure;
        }
        return fd;
    }

    private static void write(Fd fd, byte[] contents) throws ErrnoException {
        Pointer memory = Memory.bytes(contents);
        for (long done = 0; done < contents.length; ) {
            long written = LibC.get().write(fd.number(), memory.slice(done), contents.length - done);
            if (written < 0 && LibC.errno() != Errno.EINTR) {
                throw ErrnoException.last("write", fd);
            }
            done += Math.max(0, written);
        }
    }
}
