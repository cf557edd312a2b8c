package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.linux.Mounts.Propagation;
import dev.fairlead.oci.Device;
import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Linux;
import dev.fairlead.oci.Mount;
import dev.fairlead.oci.Process;
import dev.fairlead.oci.Spec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A root file system to build.
 *
 * @param name of the container, for messages
 * @param source what the root is made of
 * @param attachPoint a directory of the host that the root is attached to, in the container's mount namespace alone; such as the
 *     container's own below /run
 * @param mounts in the order in which they are made
 * @param devices beside the ones that every container has
 * @param maskedPaths covered, where they exist
 * @param readonlyPaths made read-only, where they exist
 * @param readonly whether / becomes read-only in the end
 * @param propagation of the sources of bind mounts: rootfsPropagation; empty: slave. / itself gets it from init, after pivot_root
 * @param mountLabel SELinux
 * @param workingDirectory made where it does not exist; empty: none
 * @param cgroupNamespace whether init has a cgroup namespace of its own
 * @param uidMappings of its user namespace; empty: it is in ours
 * @param gidMappings of its user namespace
 * @param policy the operator's
 * @param volumes sources of bind mounts, as {@code mounts} call them, that are no paths of the host but made of layers
 */
public record RootfsRequest(
        String name,
        RootSource source,
        Path attachPoint,
        List<Mount> mounts,
        List<Device> devices,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        boolean readonly,
        Optional<String> propagation,
        Optional<String> mountLabel,
        Optional<String> workingDirectory,
        boolean cgroupNamespace,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        RootfsPolicy policy,
        Map<String, LayeredVolume> volumes) {
    private static final long MS_REC = 0x4000;

    public RootfsRequest {
        mounts = List.copyOf(mounts);
        devices = List.copyOf(devices);
        maskedPaths = List.copyOf(maskedPaths);
        readonlyPaths = List.copyOf(readonlyPaths);
        uidMappings = List.copyOf(uidMappings);
        gidMappings = List.copyOf(gidMappings);
        volumes = Map.copyOf(volumes);
    }

    /** What a configuration asks for. Its {@code root.path} is not looked at: {@code source} is the root. */
    public static RootfsRequest of(String name, Spec spec, RootSource source, Path attachPoint, RootfsPolicy policy) {
        return of(name, spec, source, attachPoint, policy, Map.of());
    }

    /** The same with volumes. */
    public static RootfsRequest of(
            String name,
            Spec spec,
            RootSource source,
            Path attachPoint,
            RootfsPolicy policy,
            Map<String, LayeredVolume> volumes) {
        Optional<Linux> linux = Optional.ofNullable(spec.linux());
        return new RootfsRequest(
                name,
                source,
                attachPoint,
                spec.mounts(),
                linux.map(Linux::devices).orElse(List.of()),
                linux.map(Linux::maskedPaths).orElse(List.of()),
                linux.map(Linux::readonlyPaths).orElse(List.of()),
                spec.root() != null && spec.root().readonly(),
                linux.map(Linux::rootfsPropagation).filter(text -> !text.isEmpty()),
                linux.map(Linux::mountLabel).filter(text -> !text.isEmpty()),
                Optional.ofNullable(spec.process()).map(Process::cwd).filter(text -> !text.isEmpty()),
                linux.stream()
                        .flatMap(l -> l.namespaces().stream())
                        .anyMatch(n -> n.type().equals("cgroup")),
                linux.map(Linux::uidMappings).orElse(List.of()),
                linux.map(Linux::gidMappings).orElse(List.of()),
                policy,
                volumes);
    }

    /**
     * The propagation that init gives / after pivot_root, MS_* as in mount(2); 0: none. Not before, for pivot_root refuses a shared root. Never
     * private or slave, which the root is already: a second time, that would end what mounts were given by their own options.
     */
    public static long propagationOfRoot(Linux linux) {
        return Optional.ofNullable(linux.rootfsPropagation())
                .flatMap(MountOptions::propagationOf)
                .filter(change -> change.type() == Propagation.SHARED || change.type() == Propagation.UNBINDABLE)
                .map(change -> change.type().bits() | (change.recursive() ? MS_REC : 0))
                .orElse(0L);
    }

    /** Of the container's user namespace; empty: it has none. */
    Optional<IdMap> ids() {
        boolean none = uidMappings.isEmpty() && gidMappings.isEmpty();
        return none ? Optional.empty() : Optional.of(new IdMap(uidMappings, gidMappings));
    }

    /** The mounts as they will be made, each judged by itself. */
    List<MountEntry> entries() throws RootfsException {
        List<MountEntry> entries = new ArrayList<>();
        for (int i = 0; i < mounts.size(); i++) {
            entries.add(MountEntry.of(i, mounts.get(i)));
        }
        return entries;
    }
}
