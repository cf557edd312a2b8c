package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Errno;
import dev.fairlead.linux.ErrnoException;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Mounts;
import dev.fairlead.linux.Mounts.Attribute;
import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A mount of type {@code cgroup}: the container's view of /sys/fs/cgroup, as the host has it: mountCgroupV1 and mountCgroupV2 of libcontainer.
 */
final class CgroupMounts {
    private static final Set<Attribute> TMPFS = EnumSet.of(Attribute.NOSUID, Attribute.NODEV, Attribute.NOEXEC);
    private static final Set<OpenFlag> DIRECTORY = EnumSet.of(OpenFlag.PATH, OpenFlag.DIRECTORY, OpenFlag.NOFOLLOW);

    private final MountedCgroups hierarchies;
    private final boolean ownNamespace;
    private final Propagation base;
    private final Optional<String> label;

    /**
     * Takes what was found before the container's namespaces were joined.
     * @param ownNamespace the container sees its own cgroup as the root
     * @param base of bind mounts
     */
    CgroupMounts(MountedCgroups hierarchies, boolean ownNamespace, Propagation base, Optional<String> label) {
        this.hierarchies = hierarchies;
        this.ownNamespace = ownNamespace;
        this.base = base;
        this.label = label;
    }

    void attach(MountEntry entry, Fd target) throws IOException {
        if (hierarchies.unified()) {
            attachV2(entry, target);
        } else {
            attachV1(entry, target);
        }
    }

    private void attachV2(MountEntry entry, Fd target) throws IOException {
        try (Fd mount = NewFileSystem.mount(
                "cgroup2",
                entry.source(),
                NewFileSystem.options(entry.options(), "cgroup2"),
                entry.options().attributes())) {
            BindSource.setPropagation(mount, Propagation.SHARED, entry.options().propagation());
            Mounts.attach(mount, target);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPERM && e.errno() != Errno.EBUSY) {
                throw e;
            }
            // A user namespace without a cgroup namespace of its own may not mount it anew, but sees what is mounted.
            String own = MountedCgroups.UNIFIED_MOUNT
                    + (ownNamespace ? hierarchies.v2Path().orElse("") : "");
            bind(entry, own, target);
        }
    }

    /** A tmpfs with a directory for each hierarchy, and links where one has several controllers. */
    private void attachV1(MountEntry entry, Fd target) throws IOException {
        List<NewFileSystem.Option> options = new ArrayList<>();
        options.add(new NewFileSystem.Option("mode", "755"));
        label.ifPresent(text -> options.add(new NewFileSystem.Option("context", text)));
        try (Fd tmpfs = NewFileSystem.mount("tmpfs", "tmpfs", options, TMPFS)) {
            BindSource.setPropagation(tmpfs, Propagation.SHARED, entry.options().propagation());
            Mounts.attach(tmpfs, target);
            for (MountedCgroups.Hierarchy hierarchy : hierarchies.v1()) {
                Openat.makeDirectory(tmpfs, hierarchy.name(), 0755);
                try (Fd directory = Openat.open(tmpfs, hierarchy.name(), DIRECTORY, 0)) {
                    if (ownNamespace) {
                        attachAnew(hierarchy, entry, directory);
                    } else {
                        bind(entry, hierarchy.own(), directory);
                    }
                }
            }
            for (MountedCgroups.Hierarchy hierarchy : hierarchies.v1()) {
                if (hierarchy.name().contains(",")) {
                    link(tmpfs, hierarchy.name());
                }
            }
        }
    }

    /** Mounted by a thread in the container's cgroup namespace, a hierarchy shows the container's cgroup as its root. */
    private static void attachAnew(MountedCgroups.Hierarchy hierarchy, MountEntry entry, Fd directory)
            throws IOException {
        Set<Attribute> attributes = EnumSet.copyOf(TMPFS);
        if (entry.options().requested().contains(MountOption.RDONLY)) {
            attributes.add(Attribute.RDONLY);
        }
        List<NewFileSystem.Option> options =
                hierarchy.options().stream().map(NewFileSystem.Option::of).toList();
        String source = hierarchy.name().equals("systemd") ? "systemd" : "cgroup";
        try (Fd mount = NewFileSystem.mount("cgroup", source, options, attributes)) {
            Mounts.attach(mount, directory);
        }
    }

    private static void link(Fd tmpfs, String merged) throws IOException {
        for (String controller : merged.split(",", -1)) {
            DeviceDirectory.makeLink(merged, tmpfs, controller);
        }
    }

    private void bind(MountEntry entry, String source, Fd target) throws IOException {
        try (BindSource bound = BindSource.open(entry.boundFrom(source))) {
            bound.configure(base);
            Mounts.attach(bound.tree(), target);
        }
    }
}
