package dev.fairlead.spec;

import dev.fairlead.cri.v1.ContainerConfig;
import dev.fairlead.cri.v1.MountPropagation;
import dev.fairlead.oci.Mount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The mounts of a container: those that every container has, the files of its pod, then its own, parents before children. */
final class ContainerMounts {
    private final ContainerConfig config;
    private final ContainerFacts facts;
    private final boolean privileged;

    ContainerMounts(ContainerConfig config, ContainerFacts facts) {
        this.config = config;
        this.facts = facts;
        this.privileged = config.getLinux().getSecurityContext().getPrivileged();
    }

    List<Mount> list() throws InvalidConfigException {
        List<Mount> own = own();
        Set<Path> taken = new HashSet<>();
        own.forEach(mount -> taken.add(Path.of(mount.destination()).normalize()));
        List<Mount> mounts = new ArrayList<>();
        for (Mount mount : defaults()) {
            if (!taken.contains(Path.of(mount.destination()))) {
                mounts.add(mount);
            }
        }
        mounts.addAll(own);
        return mounts;
    }

    private List<Mount> defaults() {
        List<Mount> mounts = new ArrayList<>();
        String sys = privileged ? "rw" : "ro";
        mounts.add(mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"));
        mounts.add(mount(
                "/dev/pts",
                "devpts",
                "devpts",
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5"));
        mounts.add(mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"));
        mounts.add(mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", sys));
        mounts.add(mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", sys));
        mounts.add(mount("/dev/shm", "bind", facts.shm().toString(), "rbind", "rprivate", "rw"));
        String files = config.getLinux().getSecurityContext().getReadonlyRootfs() ? "ro" : "rw";
        for (ContainerFacts.PodFile file : facts.files()) {
            mounts.add(mount(file.destination(), "bind", file.source().toString(), "rbind", "rprivate", files));
        }
        return mounts;
    }

    private List<Mount> own() throws InvalidConfigException {
        List<Mount> mounts = new ArrayList<>();
        for (int i = 0; i < config.getMountsCount(); i++) {
            dev.fairlead.cri.v1.Mount asked = config.getMounts(i);
            if (facts.ids().isPresent() && asked.getPropagation() == MountPropagation.PROPAGATION_BIDIRECTIONAL) {
                throw new InvalidConfigException("mounts[" + i
                        + "].propagation: PROPAGATION_BIDIRECTIONAL, but what is mounted in a pod with a user namespace never"
                        + " reaches the node; set hostUsers: true, or mountPropagation to HostToContainer");
            }
            mounts.add(bind(
                    "mounts[" + i + "]",
                    asked,
                    Optional.ofNullable(facts.imageVolumes().get(i))));
        }
        mounts.sort(Comparator.comparingInt(
                mount -> Path.of(mount.destination()).normalize().getNameCount()));
        return mounts;
    }

    /** {@code volume}: where it is an image's, its source. */
    private static Mount bind(String field, dev.fairlead.cri.v1.Mount asked, Optional<String> volume)
            throws InvalidConfigException {
        ContainerSpecs.requireNoNul(field + ".container_path", asked.getContainerPath());
        ContainerSpecs.requireNoNul(field + ".host_path", asked.getHostPath());
        ContainerSpecs.requireNoNul(field + ".image_sub_path", asked.getImageSubPath());
        if (asked.getContainerPath().isEmpty()) {
            throw new InvalidConfigException(
                    field + ".container_path: empty; say where to mount " + asked.getHostPath());
        }
        if (volume.isEmpty() && asked.getHostPath().isEmpty()) {
            throw new InvalidConfigException(
                    field + ".host_path: empty; say what to mount at " + asked.getContainerPath());
        }
        List<String> options = new ArrayList<>();
        options.add("rbind");
        options.add(
                switch (asked.getPropagation()) {
                    case PROPAGATION_PRIVATE -> "rprivate";
                    case PROPAGATION_HOST_TO_CONTAINER -> "rslave";
                    case PROPAGATION_BIDIRECTIONAL -> "rshared";
                    case UNRECOGNIZED ->
                        throw new InvalidConfigException(
                                field + ".propagation: " + asked.getPropagationValue() + " is no mount propagation");
                });
        String access = access(field, asked);
        if (volume.isPresent()) {
            // All image mounts are read-only (api.proto, Mount.image). Its layers are mapped like those of the root, so
            // the volume has no mappings of its own.
            options.add(access.equals("rro") ? access : "ro");
            return new Mount(asked.getContainerPath(), "bind", volume.get(), options, List.of(), List.of(), Map.of());
        }
        options.add(access);
        return new Mount(
                asked.getContainerPath(),
                "bind",
                asked.getHostPath(),
                options,
                IdRanges.toOci(asked.getUidMappingsList()),
                IdRanges.toOci(asked.getGidMappingsList()),
                Map.of());
    }

    /** Read-only down to the last submount is a promise, so what would weaken it is refused (api.proto, recursive_read_only). */
    private static String access(String field, dev.fairlead.cri.v1.Mount asked) throws InvalidConfigException {
        if (!asked.getRecursiveReadOnly()) {
            return asked.getReadonly() ? "ro" : "rw";
        }
        if (!asked.getReadonly()) {
            throw new InvalidConfigException(field + ".recursive_read_only: needs readonly as well");
        }
        if (asked.getPropagation() != MountPropagation.PROPAGATION_PRIVATE) {
            throw new InvalidConfigException(field
                    + ".recursive_read_only: needs PROPAGATION_PRIVATE, as mounts that come later would be writable; is "
                    + asked.getPropagation());
        }
        return "rro";
    }

    private static Mount mount(String destination, String type, String source, String... options) {
        return new Mount(destination, type, source, List.of(options), List.of(), List.of(), Map.of());
    }
}
