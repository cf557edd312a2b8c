package dev.fairlead.linux;

import jnr.ffi.Pointer;

/** Who the calling OS thread is to file systems: setfsuid(2), setfsgid(2), setresuid(2). For threads that end with their job. */
public final class FileCredentials {
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SETRESUID = 117;
    private static final int KEEP = -1;
    private static final int WORDS = 2;
    private static final int WORD_SIZE = 12;
    private static final int PERMITTED = 4;

    private FileCredentials() {}

    /**
     * Makes what this thread creates belong to a user and a group. The capabilities over files, which the kernel takes away with the change,
     * are taken back: nothing becomes harder to reach.
     *
     * @throws ErrnoException EPERM: without CAP_SETUID or CAP_SETGID, for the kernel itself reports nothing
     */
    public static void actAs(int uid, int gid) throws ErrnoException {
        LibC.get().setfsgid(gid);
        LibC.get().setfsuid(uid);
        // Neither call has an error: each answers with the id before, so that a second one tells what the first did.
        if (LibC.get().setfsgid(gid) != gid || LibC.get().setfsuid(uid) != uid) {
            throw new ErrnoException("setfsuid " + uid + ", setfsgid " + gid, Errno.EPERM);
        }
        makePermittedEffective();
    }

    /**
     * Makes another user the effective one of this thread alone, and of it the one that files see. From root to another, the effective
     * capabilities are gone; back at root they are there again (capabilities(7)).
     */
    public static void setEffectiveUser(int uid) throws ErrnoException {
        // Not seteuid(3): the C library changes all threads of the process.
        if (LibC.get().syscall(SETRESUID, KEEP, uid, KEEP, 0, 0) < 0) {
            throw ErrnoException.last("setresuid", "effective " + Integer.toUnsignedString(uid));
        }
    }

    private static void makePermittedEffective() throws ErrnoException {
        Pointer header = Memory.zeroed(8);
        header.putInt(0, CAPABILITY_VERSION_3);
        Pointer data = Memory.zeroed(WORDS * WORD_SIZE);
        if (LibC.get().capget(header, data) < 0) {
            throw ErrnoException.last("capget", "of this thread");
        }
        for (int word = 0; word < WORDS; word++) {
            long at = (long) word * WORD_SIZE;
            data.putInt(at, data.getInt(at + PERMITTED));
        }
        if (LibC.get().capset(header, data) < 0) {
            throw ErrnoException.last("capset", "effective = permitted");
        }
    }
}
