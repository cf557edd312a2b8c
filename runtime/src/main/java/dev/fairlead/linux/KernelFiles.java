package dev.fairlead.linux;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import jnr.ffi.Pointer;

/**
 * The small files by which cgroupfs, procfs and sysfs are driven: a value is one write(2), which the kernel takes or refuses as a whole.
 * A method opens, transfers and closes; paths are the host's own and free of NUL characters.
 */
public final class KernelFiles {
    private static final int WRITE_ONLY = 1;
    private static final int DIRECTORY = System.getProperty("os.arch", "").equals("aarch64") ? 0x4000 : 0x10000;
    private static final int PATH_ONLY = 0x200000;
    private static final int CLOEXEC = 0x80000;
    private static final int REMOVE_DIRECTORY = 0x200;
    private static final int PAGE = 4096;
    /** Far above any file of these kinds; cgroup.procs of a million processes has 8 MB. */
    private static final int LONGEST = 16 << 20;

    private KernelFiles() {}

    /**
     * Writes {@code value} to the file at {@code path}, which is neither created nor truncated.
     * @throws ErrnoException ENOENT: no such file. Any other number: what the kernel thinks of the value
     */
    public static void write(String path, String value) throws ErrnoException {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        Pointer memory = Memory.bytes(bytes);
        try (Fd file = open(path, WRITE_ONLY)) {
            long written;
            do {
                written = LibC.get().write(file.number(), memory, bytes.length);
            } while (written < 0 && LibC.errno() == Errno.EINTR);
            if (written < 0) {
                throw ErrnoException.last("write", path, '"' + value + '"');
            }
        }
    }

    /**
     * Gives the whole text of the file at {@code path}.
     * @throws ErrnoException ENOENT: no such file. ENODEV: its cgroup went while it was read. E2BIG: more than 16 MiB
     */
    public static String read(String path) throws ErrnoException {
        return new String(readBytes(path, LONGEST), StandardCharsets.UTF_8);
    }

    /**
     * Gives the text of a file that the kernel writes in one piece, as it does a cgroup's values but not its lists (cgroup.procs): what comes
     * short of a page is all of it, and no second read has to say so.
     * @throws ErrnoException as {@link #read}
     */
    public static String readValue(String path) throws ErrnoException {
        Page page = Page.take();
        try (Fd file = open(path, 0)) {
            int length = page.readFrom(file);
            if (length < PAGE) {
                return new String(page.bytes, 0, length, StandardCharsets.UTF_8);
            }
        } finally {
            page.giveBack();
        }
        return read(path);
    }

    /**
     * Gives the content of the file at {@code path}.
     * @param limit in bytes
     * @throws ErrnoException as {@link #read}; E2BIG: more than {@code limit}
     */
    public static byte[] readBytes(String path, int limit) throws ErrnoException {
        Page page = Page.take();
        try (Fd file = open(path, 0)) {
            byte[] bytes = new byte[PAGE];
            int length = 0;
            while (true) {
                int got = page.readFrom(file);
                if (got == 0) {
                    return Arrays.copyOf(bytes, length);
                }
                if (length + got > limit) {
                    throw new ErrnoException("read " + path + ": more than " + limit + " bytes", Errno.E2BIG);
                }
                if (length + got > bytes.length) {
                    bytes = Arrays.copyOf(bytes, bytes.length * 2);
                }
                System.arraycopy(page.bytes, 0, bytes, length, got);
                length += got;
            }
        } finally {
            page.giveBack();
        }
    }

    /**
     * Memory for one read(2), the kernel's and ours: to allocate it takes longer than to read most of these files, and statistics read
     * hundreds. More than a few are not kept.
     */
    private static final class Page {
        private static final Queue<Page> FREE = new ArrayBlockingQueue<>(8);

        final byte[] bytes = new byte[PAGE];
        private final Pointer memory = Memory.ofItsOwn(PAGE);

        static Page take() {
            Page free = FREE.poll();
            return free == null ? new Page() : free;
        }

        void giveBack() {
            var _ = FREE.offer(this);
        }

        /** Reads up to a page into {@link #bytes}; 0 at the end. */
        int readFrom(Fd file) throws ErrnoException {
            long got;
            do {
                got = LibC.get().read(file.number(), memory, PAGE);
            } while (got < 0 && LibC.errno() == Errno.EINTR);
            if (got < 0) {
                throw ErrnoException.last("read", file.name());
            }
            memory.get(0, bytes, 0, (int) got);
            return (int) got;
        }
    }

    /**
     * Opens the file at {@code path} for writing, as for a process that is to write to it later.
     * @return close-on-exec, owned by the caller
     * @throws ErrnoException ENOENT: no such file
     */
    public static Fd openForWriting(String path) throws ErrnoException {
        return open(path, WRITE_ONLY);
    }

    /**
     * Opens the file or directory at {@code path} for reading.
     * @return close-on-exec, owned by the caller
     * @throws ErrnoException ENOENT: nothing there
     */
    public static Fd openForReading(String path) throws ErrnoException {
        return open(path, 0);
    }

    /**
     * Opens the directory at {@code path} as a place, not for reading (O_PATH).
     * @return close-on-exec, owned by the caller
     * @throws ErrnoException ENOENT: nothing there. ENOTDIR: no directory
     */
    public static Fd openDirectory(String path) throws ErrnoException {
        return open(path, DIRECTORY | PATH_ONLY);
    }

    /**
     * Makes the directory at {@code path}, mode 0755 less the umask.
     * @throws ErrnoException EEXIST: it is there. ENOENT: its parent is not
     */
    public static void makeDirectory(String path) throws ErrnoException {
        if (LibC.get().mkdirat(Fd.CWD.number(), path, 0755) < 0) {
            throw ErrnoException.last("mkdir", path);
        }
    }

    /**
     * Removes the directory at {@code path}; the files that the kernel shows in a cgroup do not count as its content.
     * @throws ErrnoException ENOENT: it is gone. EBUSY: a cgroup with processes or cgroups in it. ENOTEMPTY: any other that is not empty
     */
    public static void removeDirectory(String path) throws ErrnoException {
        if (LibC.get().unlinkat(Fd.CWD.number(), path, REMOVE_DIRECTORY) < 0) {
            throw ErrnoException.last("rmdir", path);
        }
    }

    private static Fd open(String path, int flags) throws ErrnoException {
        int number;
        do {
            number = LibC.get().openat(Fd.CWD.number(), path, flags | CLOEXEC, 0);
        } while (number < 0 && LibC.errno() == Errno.EINTR);
        if (number < 0) {
            throw ErrnoException.last("open", path);
        }
        return Fd.owned(number, path);
    }
}
