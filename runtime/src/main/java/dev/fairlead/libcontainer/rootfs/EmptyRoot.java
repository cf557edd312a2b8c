package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.libcontainer.process.InitProcess;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.JobThread;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Namespaces;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;

/** A root with nothing in it: who may look through /proc/1/root of a pod's pause process sees this, not the host. */
public final class EmptyRoot {
    private EmptyRoot() {}

    /**
     * Mounts one over the root of the mount namespace that init waits in.
     * @return the root, for pivot_root; owned by the caller
     */
    public static Fd attach(InitProcess init) throws IOException {
        return JobThread.call("empty root", () -> {
            Namespaces.unshareFileSystem();
            Namespaces.joinProcess(init.pidfd(), EnumSet.of(Kind.MOUNT));
            Fd mount = NewFileSystem.mount(
                    "tmpfs",
                    "tmpfs",
                    List.of(),
                    EnumSet.of(Attribute.RDONLY, Attribute.NOSUID, Attribute.NODEV, Attribute.NOEXEC));
            try (Fd root = Openat.open(Fd.CWD, "/", EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY), 0)) {
                Mounts.attach(mount, root);
                return mount;
            } catch (IOException e) {
                mount.close();
                throw e;
            }
        });
    }
}
