package dev.fairlead.linux;

import java.lang.ref.Reference;
import jnr.ffi.Pointer;

/** Device programs of cgroup v2: bpf(2). The caller holds CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN. */
public final class Bpf {
    private static final long BPF = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;

    private static final int PROG_LOAD = 5;
    private static final int PROG_ATTACH = 8;
    private static final int PROG_DETACH = 9;
    private static final int PROG_GET_FD_BY_ID = 13;
    private static final int PROG_QUERY = 16;

    private static final int PROG_TYPE_CGROUP_DEVICE = 15;
    private static final int ATTACH_TYPE_CGROUP_DEVICE = 6;
    private static final int ALLOW_MULTI = 2;
    private static final int REPLACE = 4;

    private static final int INSTRUCTION_BYTES = 8;
    /** union bpf_attr up to the last field used here; the kernel takes the rest for zero. */
    private static final int ATTRIBUTE_BYTES = 72;
    /** What the kernel attaches to one cgroup at most. */
    private static final int MOST_PROGRAMS = 64;

    private Bpf() {}

    /**
     * Loads a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
     * @param instructions struct bpf_insn, one after the other
     * @return owned by the caller; the program lives while it is open or attached
     * @throws ErrnoException EINVAL, EACCES: the verifier refuses the program. EPERM: the caller may not load any
     */
    public static Fd loadCgroupDevice(byte[] instructions) throws ErrnoException {
        Pointer code = Memory.bytes(instructions);
        Pointer license = Memory.string("Apache-2.0");
        Pointer attribute = Memory.zeroed(ATTRIBUTE_BYTES);
        attribute.putInt(0, PROG_TYPE_CGROUP_DEVICE);
        attribute.putInt(4, instructions.length / INSTRUCTION_BYTES);
        attribute.putLong(8, code.address());
        attribute.putLong(16, license.address());
        try {
            return Fd.owned(call("BPF_PROG_LOAD", PROG_LOAD, attribute), "bpf program");
        } finally {
            Reference.reachabilityFence(code);
            Reference.reachabilityFence(license);
        }
    }

    /**
     * Attaches {@code program} beside those that are there already; a device must be allowed by all.
     * @throws ErrnoException EINVAL: no cgroup v2 directory. EPERM: an ancestor's program allows none below it
     */
    public static void attachCgroupDevice(Fd cgroup, Fd program) throws ErrnoException {
        Pointer attribute = attachment(cgroup, program);
        attribute.putInt(12, ALLOW_MULTI);
        call("BPF_PROG_ATTACH " + cgroup.name(), PROG_ATTACH, attribute);
    }

    /** Attaches {@code program} in the place of {@code old}, in one step. */
    public static void replaceCgroupDevice(Fd cgroup, Fd program, Fd old) throws ErrnoException {
        Pointer attribute = attachment(cgroup, program);
        attribute.putInt(12, ALLOW_MULTI | REPLACE);
        attribute.putInt(16, old.number());
        call("BPF_PROG_ATTACH " + cgroup.name(), PROG_ATTACH, attribute);
    }

    /** Takes {@code program} off {@code cgroup}. */
    public static void detachCgroupDevice(Fd cgroup, Fd program) throws ErrnoException {
        call("BPF_PROG_DETACH " + cgroup.name(), PROG_DETACH, attachment(cgroup, program));
    }

    /** The ids of the device programs attached to {@code cgroup} itself. */
    public static int[] attachedCgroupDevices(Fd cgroup) throws ErrnoException {
        Pointer ids = Memory.zeroed(MOST_PROGRAMS * Integer.BYTES);
        Pointer attribute = Memory.zeroed(ATTRIBUTE_BYTES);
        attribute.putInt(0, cgroup.number());
        attribute.putInt(4, ATTACH_TYPE_CGROUP_DEVICE);
        attribute.putLong(16, ids.address());
        attribute.putInt(24, MOST_PROGRAMS);
        call("BPF_PROG_QUERY " + cgroup.name(), PROG_QUERY, attribute);
        int[] found = new int[Math.min(attribute.getInt(24), MOST_PROGRAMS)];
        ids.get(0, found, 0, found.length);
        return found;
    }

    /**
     * Opens the program with {@code id}.
     * @return owned by the caller
     */
    public static Fd open(int id) throws ErrnoException {
        Pointer attribute = Memory.zeroed(ATTRIBUTE_BYTES);
        attribute.putInt(0, id);
        return Fd.owned(call("BPF_PROG_GET_FD_BY_ID " + id, PROG_GET_FD_BY_ID, attribute), "bpf program " + id);
    }

    private static Pointer attachment(Fd cgroup, Fd program) {
        Pointer attribute = Memory.zeroed(ATTRIBUTE_BYTES);
        attribute.putInt(0, cgroup.number());
        attribute.putInt(4, program.number());
        attribute.putInt(8, ATTACH_TYPE_CGROUP_DEVICE);
        return attribute;
    }

    private static int call(String what, int command, Pointer attribute) throws ErrnoException {
        try {
            int result = (int) LibC.get().syscall(BPF, command, attribute.address(), ATTRIBUTE_BYTES, 0, 0);
            if (result < 0) {
                throw ErrnoException.last("bpf", what);
            }
            return result;
        } finally {
            Reference.reachabilityFence(attribute);
        }
    }
}
