package dev.fairlead.selftest;

import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.libcontainer.seccomp.DefaultSeccompProfile;
import dev.fairlead.libcontainer.seccomp.SeccompProfile;
import dev.fairlead.linux.CryptoDigest;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.SeccompFilter;
import dev.fairlead.linux.Stat;
import dev.fairlead.selftest.SelfTest.Step;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The C library and libseccomp through jnr-ffi, and what the executable carries for the kernel. */
final class KernelSteps {
    private KernelSteps() {}

    static List<Step> steps() {
        return List.of(
                new Step("system calls", KernelSteps::systemCalls),
                new Step("launcher", () -> Launcher.load().close()),
                new Step(
                        "default seccomp profile",
                        () -> SelfTest.require(
                                !DefaultSeccompProfile.of(Set.of()).syscalls().isEmpty(), "it allows no system call")),
                new Step("libseccomp", KernelSteps::seccomp),
                new Step("digests", KernelSteps::digests));
    }

    private static void systemCalls() throws ErrnoException {
        try (Fd root = Openat.open(Fd.CWD, "/", EnumSet.of(Openat.OpenFlag.PATH), 0)) {
            SelfTest.require(Stat.of(root).inode() > 0, "/ has no inode");
        }
        try (Fd nothing = Openat.open(Fd.CWD, "/nothing/is/here", EnumSet.of(Openat.OpenFlag.PATH), 0)) {
            throw new IllegalStateException("opened " + nothing + ", which does not exist");
        } catch (ErrnoException e) {
            SelfTest.require(e.errno() == Errno.ENOENT, "errno is " + e.errno() + ", not ENOENT");
        }
    }

    /** By libcrypto where it is there, and by Java. */
    private static void digests() throws Exception {
        for (String algorithm : List.of("SHA-256", "SHA-512")) {
            byte[] javas = MessageDigest.getInstance(algorithm).digest(new byte[] {1, 2, 3});
            CryptoDigest.of(algorithm).ifPresent(digest -> {
                digest.update(new byte[] {1, 2, 3});
                SelfTest.require(Arrays.equals(digest.digest(), javas), algorithm + " of libcrypto is another one");
            });
        }
    }

    private static void seccomp() throws Exception {
        Throwable missing = SeccompFilter.missing();
        if (missing != null) {
            throw new IllegalStateException("libseccomp.so.2 is not on this node: install libseccomp2", missing);
        }
        SelfTest.require(
                SeccompProfile.compile(DefaultSeccompProfile.of(Set.of()))
                        .instructions()
                        .hasRemaining(),
                "no program was made");
    }
}
