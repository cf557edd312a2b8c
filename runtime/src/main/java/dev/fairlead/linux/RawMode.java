package dev.fairlead.linux;

import jnr.ffi.Pointer;

/**
 * A terminal whose keys go to the program as they are, termios(3) "raw mode", until this is closed: Ctrl-C and the rest are then the business of
 * whoever reads at the other end.
 */
public final class RawMode implements AutoCloseable {
    private static final int TCGETS = 0x5401;
    private static final int TCSETSW = 0x5403;

    /** The kernel's struct termios: four words of flags, the line discipline, nineteen characters. */
    private static final int SIZE = 36;

    private static final int INPUT = 0;
    private static final int OUTPUT = 4;
    private static final int CONTROL = 8;
    private static final int LOCAL = 12;
    private static final int CHARACTERS = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;

    /** IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL, IXON. */
    private static final int TRANSLATED_INPUT = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;

    private static final int OPOST = 0x1;

    /** ISIG, ICANON, ECHO, ECHONL, IEXTEN. */
    private static final int LINES_AND_SIGNALS = 0x1 | 0x2 | 0x8 | 0x40 | 0x8000;

    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;

    private final Fd terminal;
    private final Pointer before;

    private RawMode(Fd terminal, Pointer before) {
        this.terminal = terminal;
        this.before = before;
    }

    /**
     * Sets it.
     * @param terminal borrowed; open as long as this is
     * @throws ErrnoException ENOTTY: that is no terminal
     */
    public static RawMode of(Fd terminal) throws ErrnoException {
        Pointer before = Memory.zeroed(SIZE);
        if (LibC.get().ioctl(terminal.number(), TCGETS, before) < 0) {
            throw ErrnoException.last("ioctl TCGETS", terminal);
        }
        Pointer raw = Memory.zeroed(SIZE);
        before.transferTo(0, raw, 0, SIZE);
        raw.putInt(INPUT, raw.getInt(INPUT) & ~TRANSLATED_INPUT);
        raw.putInt(OUTPUT, raw.getInt(OUTPUT) & ~OPOST);
        raw.putInt(LOCAL, raw.getInt(LOCAL) & ~LINES_AND_SIGNALS);
        raw.putInt(CONTROL, (raw.getInt(CONTROL) & ~CSIZE_PARENB) | CS8);
        raw.putByte(CHARACTERS + VMIN, (byte) 1);
        raw.putByte(CHARACTERS + VTIME, (byte) 0);
        if (LibC.get().ioctl(terminal.number(), TCSETSW, raw) < 0) {
            throw ErrnoException.last("ioctl TCSETSW", terminal);
        }
        return new RawMode(terminal, before);
    }

    /** Makes the terminal what it was. */
    @Override
    public void close() throws ErrnoException {
        if (LibC.get().ioctl(terminal.number(), TCSETSW, before) < 0) {
            throw ErrnoException.last("ioctl TCSETSW", terminal);
        }
    }
}
