package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.capabilities.HostCapabilities;
import dev.fairlead.libcontainer.cgroups.CgroupHierarchies;
import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.libcontainer.rootfs.RootfsPolicy;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.EventLoop;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;

/**
 * What all containers of a daemon share.
 *
 * @param launcher the program that becomes their wardens
 * @param loop borrowed
 * @param cgroups of this node
 * @param capabilities what we hold, and so the most that a container can have
 * @param devNull open for reading and writing
 * @param rootfsPolicy of all root file systems
 * @param bareMounts out of which containers are born whose files are all in it; empty: they begin with all mounts of the host
 */
public record ContainerContext(
        Launcher launcher,
        EventLoop loop,
        CgroupHierarchies cgroups,
        HostCapabilities capabilities,
        Fd devNull,
        RootfsPolicy rootfsPolicy,
        Optional<BareMountNamespace> bareMounts)
        implements AutoCloseable {
    /** Loads the launcher and looks at the node. */
    public static ContainerContext open(EventLoop loop, RootfsPolicy rootfsPolicy) throws IOException {
        return open(loop, rootfsPolicy, Optional.empty());
    }

    /** The same; {@code bareMounts} is the context's from then on, whatever comes of it. */
    public static ContainerContext open(
            EventLoop loop, RootfsPolicy rootfsPolicy, Optional<BareMountNamespace> bareMounts) throws IOException {
        Undo undo = new Undo();
        bareMounts.ifPresent(namespace -> undo.push(namespace::close));
        try {
            Launcher launcher = Launcher.load();
            undo.push(launcher::close);
            return new ContainerContext(
                    launcher,
                    loop,
                    CgroupHierarchies.detect(),
                    HostCapabilities.read(),
                    openDevNull(),
                    rootfsPolicy,
                    bareMounts);
        } catch (IOException e) {
            undo.run(e);
            throw e;
        }
    }

    private static Fd openDevNull() throws ErrnoException {
        return Openat.open(Fd.CWD, "/dev/null", EnumSet.of(OpenFlag.RDWR), 0);
    }

    /** Frees the launcher's program; wardens that run keep it. */
    @Override
    public void close() {
        bareMounts.ifPresent(BareMountNamespace::close);
        devNull.close();
        launcher.close();
    }
}
