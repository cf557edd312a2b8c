package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.AttributeChange;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Mounts.TreeFlag;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.linux.Stat;
import dev.fairlead.linux.Xattrs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Attaches file systems that are mounted by type: libcontainer's mountToRootfs and mountPropagate, and what finalizeRootfs does to them. */
final class FileSystemMounts implements AutoCloseable {
    private static final Set<TreeFlag> COPY = EnumSet.of(TreeFlag.CLONE, TreeFlag.EMPTY_PATH);
    private static final int READ_ONLY_TRIES = 5;
    private static final long READ_ONLY_PAUSE_MILLIS = 100;

    private final Rootfs rootfs;
    private final Optional<String> label;
    private final Optional<IdMap> ids;
    private final Optional<Fd> procMount;
    private final List<Fd> opened = new ArrayList<>();
    private final List<Late> late = new ArrayList<>();
    private boolean procAttached;

    /** A mount that is written to before it becomes read-only. */
    private record Late(MountEntry entry, Fd mount) {}

    /**
     * Works on a root.
     *
     * @param label SELinux
     * @param ids of the container's user namespace
     * @param procMount a detached procfs of the container's PID namespace, borrowed; empty: the container is in ours
     */
    FileSystemMounts(Rootfs rootfs, Optional<String> label, Optional<IdMap> ids, Optional<Fd> procMount) {
        this.rootfs = rootfs;
        this.label = label;
        this.ids = ids;
        this.procMount = procMount;
    }

    void attach(MountEntry entry) throws IOException {
        switch (entry.type()) {
            case "proc" -> attachProc(entry);
            case "sysfs" -> attachNewToPlainDirectory(entry);
            default -> attachNew(entry);
        }
    }

    /** Init made it: a thread of ours is in the host's PID namespace, and procfs shows the one of whoever mounts it. */
    private void attachProc(MountEntry entry) throws IOException {
        if (procMount.isEmpty()) {
            attachNewToPlainDirectory(entry);
            return;
        }
        Fd proc = procMount.get();
        List<NewFileSystem.Option> options = NewFileSystem.options(entry.options(), entry.type());
        if (!options.isEmpty()) {
            NewFileSystem.reconfigure(proc, options);
        }
        AttributeChange attributes = BindAttributes.change(entry.options().requested());
        if (procAttached) {
            try (Fd copy = Mounts.openTree(proc, "", COPY)) {
                Mounts.setAttributes(copy, attributes);
                attachToPlainDirectory(entry, copy);
            }
        } else {
            Mounts.setAttributes(proc, attributes);
            attachToPlainDirectory(entry, proc);
            procAttached = true;
        }
    }

    private void attachNewToPlainDirectory(MountEntry entry) throws IOException {
        List<NewFileSystem.Option> options = NewFileSystem.options(entry.options(), entry.type());
        Set<Attribute> attributes = entry.options().attributes();
        try (Fd mount = NewFileSystem.mount(entry.type(), entry.source(), options, attributes)) {
            attachToPlainDirectory(entry, mount);
        }
    }

    private void attachToPlainDirectory(MountEntry entry, Fd mount) throws IOException {
        boolean procfs = entry.type().equals("proc");
        try (MountTarget target = MountTarget.plainDirectory(rootfs, entry.destination(), procfs)) {
            attach(entry, mount, target);
        } catch (ErrnoException e) {
            boolean link = e.errno() == Errno.ELOOP || e.errno() == Errno.ENOTDIR;
            throw link ? e.explained(entry.type() + " goes on an ordinary directory alone, reached without links") : e;
        }
    }

    private static void attach(MountEntry entry, Fd mount, MountTarget target) throws IOException {
        // Born private; what the options say comes on top.
        BindSource.setPropagation(mount, Propagation.SHARED, entry.options().propagation());
        target.attach(mount);
    }

    private void attachNew(MountEntry entry) throws IOException {
        try (MountTarget target = MountTarget.directory(rootfs, entry.destination())) {
            List<NewFileSystem.Option> options = options(entry, target);
            Set<Attribute> attributes = entry.options().attributes();
            // Below /dev nodes are made, and a tmpfs may get directories to mount on: both become read-only last.
            boolean isLate =
                    (entry.type().equals("tmpfs") || entry.destination().equals("/dev"))
                            && attributes.remove(Attribute.RDONLY);
            if (isLate) {
                options.removeIf(option -> option.key().equals("ro"));
            }
            Fd mount = NewFileSystem.mount(entry.type(), entry.source(), options, attributes);
            opened.add(mount);
            if (entry.options().copyUp() && entry.type().equals("tmpfs") && target.existed()) {
                TreeCopy.copy(target.fd(), mount, rootfs.descriptors());
            }
            setOwner(entry, mount);
            attach(entry, mount, target);
            setFileLabel(entry, mount);
            if (isLate) {
                late.add(new Late(entry, mount));
            }
        }
    }

    private List<NewFileSystem.Option> options(MountEntry entry, MountTarget target) throws IOException {
        List<NewFileSystem.Option> options = new ArrayList<>();
        if (entry.type().equals("tmpfs") && target.existed()) {
            // The image's directory decides on the mode, unless the options do: the later one holds.
            int mode = Stat.of(target.fd()).mode();
            options.add(new NewFileSystem.Option("mode", "0" + Integer.toOctalString(mode)));
        }
        for (NewFileSystem.Option option : NewFileSystem.options(entry.options(), entry.type())) {
            boolean owner = ids.isPresent()
                    && (entry.type().equals("tmpfs") || entry.type().equals("devpts"));
            options.add(owner ? ids.get().translate(option) : option);
        }
        if (!entry.type().equals("mqueue")) {
            label.ifPresent(text -> options.add(new NewFileSystem.Option("context", text)));
        }
        return options;
    }

    /** These have no option for the owner of their root; in the container it would be nobody. */
    private void setOwner(MountEntry entry, Fd mount) throws IOException {
        if (ids.isPresent() && (entry.type().equals("devpts") || entry.type().equals("mqueue"))) {
            Openat.chown(mount, ids.get().uid(0), ids.get().gid(0));
        }
    }

    /** mqueue takes no context option; its root is labelled as a file. */
    private void setFileLabel(MountEntry entry, Fd mount) throws IOException {
        if (!entry.type().equals("mqueue") || label.isEmpty()) {
            return;
        }
        try (Fd directory = Openat.open(mount, ".", EnumSet.of(OpenFlag.RDONLY, OpenFlag.DIRECTORY), 0)) {
            Xattrs.set(directory, "security.selinux", label.get().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Makes read-only what had to wait for it. */
    void finish() throws RootfsException {
        for (Late mount : late) {
            makeReadOnly(mount.entry().describe(), mount.mount());
        }
    }

    /** Makes a mount read-only and leaves its other attributes, the locked ones too, as they are. */
    static void makeReadOnly(String step, Fd mount) throws RootfsException {
        for (int attempt = 1; ; attempt++) {
            try {
                Mounts.setAttributes(mount, AttributeChange.set(Attribute.RDONLY));
                return;
            } catch (ErrnoException e) {
                // A file is open for writing, such as by a hook's child that is about to end.
                if (e.errno() != Errno.EBUSY || attempt == READ_ONLY_TRIES) {
                    throw new RootfsException(step, e);
                }
            }
            try {
                Thread.sleep(READ_ONLY_PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RootfsException(step, "interrupted while something in it was open for writing");
            }
        }
    }

    @Override
    public void close() {
        opened.forEach(Fd::close);
    }
}
