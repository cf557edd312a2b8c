package dev.fairlead.linux;

import jnr.ffi.Pointer;

/** Who the calling OS thread is to file systems: setfsuid(2), setfsgid(2). For threads that end with their job. */
public final class FileCredentials {
    private static final int CAPABILITY_VERSION_3 = 0x20080522;
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
