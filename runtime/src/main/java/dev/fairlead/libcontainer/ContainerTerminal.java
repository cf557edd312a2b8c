package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.process.ProcessId;
import dev.fairlead.linux.DeviceNumber;
import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.FileType;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Openat.ResolveFlag;
import dev.fairlead.linux.Pty;
import dev.fairlead.linux.Stat;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** A pseudo-terminal for a further process of a container, in the container's own devpts where it has one: tty(1) then knows its name. */
final class ContainerTerminal {
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY);
    private static final DeviceNumber PTMX = new DeviceNumber(5, 2);

    private ContainerTerminal() {}

    /**
     * Makes one.
     * @param init the container's first process, whose root is the container's
     */
    static Pty open(ProcessId init) throws IOException {
        try (Fd root = Openat.open(Fd.CWD, "/proc/" + init.pid() + "/root", DIRECTORY, 0)) {
            if (!init.exists()) {
                throw new IOException("process " + init.pid() + " of the container has ended");
            }
            Optional<Fd> ptmx = find(root);
            if (ptmx.isEmpty()) {
                return Pty.open(); // without a name inside, but a terminal
            }
            try (Fd device = ptmx.get();
                    Fd descriptors = Openat.open(Fd.CWD, "/proc/thread-self/fd", DIRECTORY, 0)) {
                return Pty.open(descriptors, Integer.toString(device.number()));
            }
        }
    }

    /** The container may have put anything at this path: opening a device of its choice is not for us (CVE-2025-52565 and its kin). */
    private static Optional<Fd> find(Fd root) throws ErrnoException {
        Fd found;
        try {
            found = Openat.open(
                    root,
                    "dev/pts/ptmx",
                    EnumSet.of(OpenFlag.PATH),
                    0,
                    EnumSet.of(ResolveFlag.IN_ROOT, ResolveFlag.NO_SYMLINKS));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR || e.errno() == Errno.ELOOP) {
                return Optional.empty();
            }
            throw e;
        }
        if (Stat.fileSystem(found).magic() == Stat.DEVPTS_SUPER_MAGIC
                && Stat.of(found).isDevice(FileType.CHARACTER_DEVICE, PTMX)) {
            return Optional.of(found);
        }
        found.close();
        return Optional.empty();
    }
}
