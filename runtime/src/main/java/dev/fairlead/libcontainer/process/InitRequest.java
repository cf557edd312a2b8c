package dev.fairlead.libcontainer.process;

import dev.fairlead.linux.Fd;
import dev.fairlead.linux.Namespaces.Kind;
import dev.fairlead.oci.TimeOffset;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that a container's first process needs. Descriptors are borrowed for the call.
 *
 * @param process empty: none, but process 1 of a PID namespace that pods share: it reaps, and ends on a SIGTERM from outside
 * @param unshared namespaces that are made for it; not a user namespace, which has to be mapped first: see
 *     {@link dev.fairlead.libcontainer.namespaces.UserNamespaces}, and let it be joined. The others belong to it all the same
 * @param joined namespaces that exist; none may be in {@code unshared} too
 * @param mountsOf a mount namespace of which the one in {@code unshared} is to be a copy; empty: of the one that the daemon is in
 * @param hostname set in a UTS namespace of its own; empty: as it is
 * @param domainname likewise
 * @param timeOffsets by clock, {@code monotonic} and {@code boottime}, of a time namespace in {@code unshared}
 * @param mountProc whether init makes a mount of its PID namespace's procfs, attached nowhere: see {@link InitProcess#procMount}
 * @param propagation of the root, MS_* as in mount(2); 0: as {@code enterRoot} gets it
 * @param noPivotRoot whether init changes its root (chroot) although it has a mount namespace whose root could be exchanged (pivot_root): for
 *     hosts whose own root is a ramfs. Whoever builds the root sees to it that no way out is left
 * @param restored whether {@code process} is criu(8), a program of the host: it stays outside of the root and makes the first process, which is the
 *     warden's child too, and init from then on
 */
public record InitRequest(
        Optional<ProcessRequest> process,
        Set<Kind> unshared,
        Map<Kind, Fd> joined,
        Optional<Fd> mountsOf,
        Optional<String> hostname,
        Optional<String> domainname,
        Map<String, TimeOffset> timeOffsets,
        boolean mountProc,
        long propagation,
        boolean noPivotRoot,
        CgroupMembership cgroups,
        ContainerStdio stdio,
        boolean restored) {
    public InitRequest {
        unshared = Set.copyOf(unshared);
        joined = Map.copyOf(joined);
        timeOffsets = Map.copyOf(timeOffsets);
        if (unshared.contains(Kind.USER)) {
            throw new IllegalArgumentException("a user namespace is made, mapped and then joined");
        }
        for (Kind type : joined.keySet()) {
            if (unshared.contains(type)) {
                throw new IllegalArgumentException("namespace " + type.file() + " is to be made and to be joined");
            }
        }
        if (mountsOf.isPresent() && !unshared.contains(Kind.MOUNT)) {
            throw new IllegalArgumentException("a copy of a mount namespace, and none is to be made");
        }
    }

    /** Of a container that begins with its program, and with the mounts of the daemon. */
    public InitRequest(
            Optional<ProcessRequest> process,
            Set<Kind> unshared,
            Map<Kind, Fd> joined,
            Optional<String> hostname,
            Optional<String> domainname,
            Map<String, TimeOffset> timeOffsets,
            boolean mountProc,
            long propagation,
            boolean noPivotRoot,
            CgroupMembership cgroups,
            ContainerStdio stdio) {
        this(
                process,
                unshared,
                joined,
                Optional.empty(),
                hostname,
                domainname,
                timeOffsets,
                mountProc,
                propagation,
                noPivotRoot,
                cgroups,
                stdio,
                false);
    }

    /**
     * A process that is there to make namespaces, a mount namespace too, and is never launched.
     * @param users a user namespace, which the others will belong to
     */
    public static InitRequest namespaces(Set<Kind> unshared, Fd users, Fd devNull) {
        Set<Kind> all = EnumSet.of(Kind.MOUNT);
        all.addAll(unshared);
        return withoutProcess(all, Map.of(Kind.USER, users), CgroupMembership.INHERITED, devNull);
    }

    /** Process 1 of a PID namespace of its own, in a mount namespace that holds nothing; {@code joined}: such as the pod's user namespace. */
    public static InitRequest pause(Map<Kind, Fd> joined, CgroupMembership cgroups, Fd devNull) {
        return withoutProcess(Set.of(Kind.PID, Kind.MOUNT), joined, cgroups, devNull);
    }

    private static InitRequest withoutProcess(
            Set<Kind> unshared, Map<Kind, Fd> joined, CgroupMembership cgroups, Fd devNull) {
        return new InitRequest(
                Optional.empty(),
                unshared,
                joined,
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                false,
                0,
                false,
                cgroups,
                new ContainerStdio(devNull, devNull, devNull, Map.of()));
    }
}
