package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import java.io.IOException;
import java.util.Optional;

/**
 * A root file system that could not be built: which step, what the kernel said and, where it helps, what to do. For example {@code mounts[3]
 * bind /proc/812/fd/7 -> /data (rbind,rw): open_tree /proc/812/fd/7 [CLONE]: EINVAL (Invalid argument): it is anon_inode:[eventfd], ...}.
 */
public final class RootfsException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String step;

    /** A step that was refused by us. */
    RootfsException(String step, String reason) {
        super(step + ": " + reason);
        this.step = step;
    }

    /** A step that failed. */
    RootfsException(String step, IOException cause) {
        super(step + ": " + cause.getMessage(), cause);
        this.step = step;
    }

    /** A step that failed, and what to make of it. */
    RootfsException(String step, IOException cause, String advice) {
        super(step + ": " + cause.getMessage() + (advice.isEmpty() ? "" : ": " + advice), cause);
        this.step = step;
    }

    /** What was being done, such as {@code mounts[3] bind /a -> /b (rbind)}. */
    public String step() {
        return step;
    }

    /** Of the system call that failed; empty where the request itself was refused. */
    public Optional<Errno> errno() {
        return getCause() instanceof ErrnoException e ? Optional.of(e.errno()) : Optional.empty();
    }
}
