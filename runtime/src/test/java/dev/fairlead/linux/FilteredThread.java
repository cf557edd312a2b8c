package dev.fairlead.linux;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import jnr.ffi.Pointer;

/** Runs code on a thread of its own under a seccomp filter, which ends with the thread. */
public final class FilteredThread {
    private static final int SECCOMP = System.getProperty("os.arch", "").equals("aarch64") ? 277 : 317;
    private static final int PRCTL = System.getProperty("os.arch", "").equals("aarch64") ? 167 : 157;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int SET_MODE_FILTER = 1;
    /** SECCOMP_RET_*, as in libseccomp's actions. */
    private static final int ALLOW = 0x7fff_0000;

    private static final int ERRNO = 0x5_0000;

    private FilteredThread() {}

    /** Gives what {@code code} gives on a thread to which, and to whose threads, the kernel answers a system call with {@code errno}. */
    public static <T> T denying(String systemCall, Errno errno, Callable<T> code) throws Exception {
        try (SeccompFilter filter = SeccompFilter.of(ALLOW)) {
            filter.add(ERRNO | errno.number(), systemCall, List.of());
            return run(filter.export(), 0, code);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception thrown) {
                throw thrown;
            }
            throw e;
        }
    }

    /** Gives what {@code code} gives under the filter of {@code instructions}. */
    public static <T> T run(byte[] instructions, int flags, Callable<T> code) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            Pointer program = Memory.bytes(instructions);
            Pointer header = Memory.zeroed(16);
            header.putShort(0, (short) (instructions.length / 8));
            header.putLong(8, program.address());
            if (LibC.get().syscall(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
                throw ErrnoException.last("prctl");
            }
            if (LibC.get().syscall(SECCOMP, SET_MODE_FILTER, flags, header.address(), 0, 0) < 0) {
                throw ErrnoException.last("seccomp");
            }
            return code.call();
        });
        Thread thread = new Thread(task, "filtered");
        thread.start();
        return task.get(20, TimeUnit.SECONDS);
    }

    /** What a system call with these arguments answers: 0 or more as it is, else the error. */
    public static String call(int number, long... arguments) {
        long[] five = java.util.Arrays.copyOf(arguments, 5);
        long result = LibC.get().syscall(number, five[0], five[1], five[2], five[3], five[4]);
        return result < 0 ? LibC.errno().name() : Long.toString(result);
    }
}
