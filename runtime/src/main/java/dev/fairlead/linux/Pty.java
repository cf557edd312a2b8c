package dev.fairlead.linux;

import dev.fairlead.linux.Openat.OpenFlag;
import java.util.EnumSet;
import jnr.ffi.Pointer;

/** A pseudo-terminal, pty(7), by its master. */
public final class Pty implements AutoCloseable {
    /** Where the argument is a number and not an address, the system call itself; x86-64. */
    private static final int IOCTL = 16;

    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCGWINSZ = 0x5413;
    private static final int RDWR_NOCTTY_CLOEXEC = 0x2 | 0x100 | 0x80000;
    private static final int WINSIZE_SIZE = 8;

    private final Fd master;

    private Pty(Fd master) {
        this.master = master;
    }

    /** How many characters a terminal shows. */
    public record WindowSize(int rows, int columns) {}

    /** Makes one in the devpts of our own mount namespace. */
    public static Pty open() throws ErrnoException {
        return open(Fd.CWD, "/dev/ptmx");
    }

    /** Makes one in the devpts whose ptmx is {@code path}, from {@code directory}. */
    public static Pty open(Fd directory, String path) throws ErrnoException {
        Fd master = Openat.open(directory, path, EnumSet.of(OpenFlag.RDWR, OpenFlag.NOCTTY), 0);
        Pointer unlocked = Memory.zeroed(Integer.BYTES);
        if (LibC.get().ioctl(master.number(), TIOCSPTLCK, unlocked) < 0) {
            ErrnoException failure = ErrnoException.last("ioctl TIOCSPTLCK", path);
            master.close();
            throw failure;
        }
        return new Pty(master);
    }

    /** That of a master which is open already, as a warden keeps it; owned by the result. */
    public static Pty ofMaster(Fd master) {
        return new Pty(master);
    }

    /** The master; borrowed. */
    public Fd master() {
        return master;
    }

    /** Opens the terminal itself, by no path: what a mount namespace shows at /dev/pts does not matter. Owned by the caller. */
    public Fd openPeer() throws ErrnoException {
        long number = LibC.get().syscall(IOCTL, master.number(), TIOCGPTPEER, RDWR_NOCTTY_CLOEXEC, 0, 0);
        if (number < 0) {
            throw ErrnoException.last("ioctl TIOCGPTPEER", master);
        }
        return Fd.owned((int) number, "terminal of " + master.name());
    }

    /** Tells the size; the foreground process group gets SIGWINCH where it is another one than before. */
    public void resize(WindowSize size) throws ErrnoException {
        Pointer memory = Memory.zeroed(WINSIZE_SIZE);
        memory.putShort(0, (short) size.rows());
        memory.putShort(2, (short) size.columns());
        if (LibC.get().ioctl(master.number(), TIOCSWINSZ, memory) < 0) {
            throw ErrnoException.last("ioctl TIOCSWINSZ", master, size);
        }
    }

    /** The size as last told. */
    public WindowSize size() throws ErrnoException {
        Pointer memory = Memory.zeroed(WINSIZE_SIZE);
        if (LibC.get().ioctl(master.number(), TIOCGWINSZ, memory) < 0) {
            throw ErrnoException.last("ioctl TIOCGWINSZ", master);
        }
        return new WindowSize(Short.toUnsignedInt(memory.getShort(0)), Short.toUnsignedInt(memory.getShort(2)));
    }

    @Override
    public void close() {
        master.close();
    }
}
