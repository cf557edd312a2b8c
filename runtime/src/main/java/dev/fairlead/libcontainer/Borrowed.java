package dev.fairlead.libcontainer;

import dev.fairlead.libcontainer.cgroups.Cgroup;
import dev.fairlead.libcontainer.namespaces.BareMountNamespace;
import dev.fairlead.libcontainer.namespaces.UserNamespaces;
import dev.fairlead.libcontainer.process.CgroupMembership;
import dev.fairlead.libcontainer.process.Launcher;
import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.linux.Openat;
import dev.fairlead.linux.Openat.OpenFlag;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Namespace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Descriptors that a launch needs for the moment of it: the launcher takes copies. */
final class Borrowed implements AutoCloseable {
    private final List<Fd> open = new ArrayList<>();

    /** The namespaces of a configuration that exist already; a user namespace does from now on, for it is mapped before it is entered. */
    Map<Kind, Fd> namespaces(Launcher launcher, Linux linux) throws IOException {
        Map<Kind, Fd> joined = new EnumMap<>(Kind.class);
        for (Namespace namespace : linux.namespaces()) {
            String path = namespace.path();
            Kind type = Kind.ofOciName(namespace.type())
                    .orElseThrow(() ->
                            new IOException("linux.namespaces: \"" + namespace.type() + "\" is no namespace of Linux"));
            if (path != null) {
                joined.put(type, keep(Openat.open(Fd.CWD, path, EnumSet.of(OpenFlag.RDONLY), 0)));
            } else if (type == Kind.USER) {
                joined.put(type, keep(UserNamespaces.withMappings(launcher, linux.uidMappings(), linux.gidMappings())));
            }
        }
        return joined;
    }

    /** The way into a cgroup. */
    CgroupMembership membership(Cgroup cgroup) throws IOException {
        Optional<Fd> unified = cgroup.v2Directory();
        unified.ifPresent(open::add);
        List<Fd> tasks = cgroup.tasksFiles();
        open.addAll(tasks);
        return new CgroupMembership(unified, tasks);
    }

    /** The mount namespace that init is to be born out of, if it can be had. */
    Optional<Fd> of(BareMountNamespace mounts) throws IOException {
        Optional<Fd> namespace = mounts.open();
        namespace.ifPresent(open::add);
        return namespace;
    }

    private Fd keep(Fd fd) {
        open.add(fd);
        return fd;
    }

    @Override
    public void close() {
        open.forEach(Fd::close);
    }
}
