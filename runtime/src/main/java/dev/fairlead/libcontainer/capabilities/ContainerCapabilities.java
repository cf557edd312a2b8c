package dev.fairlead.libcontainer.capabilities;

import dev.fairlead.oci.Capabilities;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a container asks for, as CRI says it (add, drop, ambient), turned into the five sets of an OCI configuration. */
public final class ContainerCapabilities {
    /** What containerd and Docker give a container that asks for nothing. */
    public static final Set<Capability> DEFAULT = Collections.unmodifiableSet(EnumSet.of(
            Capability.CHOWN,
            Capability.DAC_OVERRIDE,
            Capability.FSETID,
            Capability.FOWNER,
            Capability.MKNOD,
            Capability.NET_RAW,
            Capability.SETGID,
            Capability.SETUID,
            Capability.SETFCAP,
            Capability.SETPCAP,
            Capability.NET_BIND_SERVICE,
            Capability.SYS_CHROOT,
            Capability.KILL,
            Capability.AUDIT_WRITE));

    private static final String ALL = "ALL";

    private ContainerCapabilities() {}

    /**
     * The default set changed by names to add and to drop. ALL means every capability; with "drop ALL" those added by name stay, and what is
     * dropped by name is gone whatever else is said.
     *
     * @param available what "add ALL" gives: {@link HostCapabilities#known}
     * @param ambient these survive the exec of a program that is no root's; they must be among the others, and are inheritable too then,
     *     as the kernel demands
     * @throws IllegalArgumentException a name that is none, or an ambient capability that the container does not have
     */
    public static Capabilities of(
            Collection<String> add, Collection<String> drop, Collection<String> ambient, Set<Capability> available) {
        EnumSet<Capability> set = EnumSet.noneOf(Capability.class);
        if (!containsAll(drop)) {
            set.addAll(containsAll(add) ? available : DEFAULT);
        }
        set.addAll(named(add, "to add"));
        set.removeAll(named(drop, "to drop"));
        EnumSet<Capability> raised = named(ambient, "to make ambient");
        if (containsAll(ambient)) {
            raised.addAll(set);
        }
        if (!set.containsAll(raised)) {
            raised.removeAll(set);
            throw new IllegalArgumentException(
                    "ambient capabilities " + names(raised) + " are not among those of the container: add them too");
        }
        return sets(set, raised);
    }

    /** A privileged container's: all that the kernel knows. */
    public static Capabilities all(Set<Capability> available) {
        return sets(available, Set.of());
    }

    /** The bounding set of an OCI configuration, by which the default seccomp rules go. */
    public static Set<Capability> bounding(Capabilities capabilities) {
        EnumSet<Capability> bounding = EnumSet.noneOf(Capability.class);
        for (String name : capabilities.bounding()) {
            bounding.add(Capability.of(name));
        }
        return bounding;
    }

    private static Capabilities sets(Set<Capability> set, Set<Capability> ambient) {
        List<String> names = names(set);
        // Inheritable stays empty otherwise: with it, files that have inheritable capabilities would raise them
        // (CVE-2022-24769).
        return new Capabilities(names, names, names(ambient), names, names(ambient), Map.of());
    }

    private static boolean containsAll(Collection<String> names) {
        return names.stream().anyMatch(ALL::equalsIgnoreCase);
    }

    private static EnumSet<Capability> named(Collection<String> names, String purpose) {
        EnumSet<Capability> set = EnumSet.noneOf(Capability.class);
        for (String name : names) {
            if (name.equalsIgnoreCase(ALL)) {
                continue;
            }
            try {
                set.add(Capability.of(name));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("capabilities " + purpose + ": " + e.getMessage(), e);
            }
        }
        return set;
    }

    private static List<String> names(Collection<Capability> set) {
        return set.stream().sorted().map(Capability::ociName).toList();
    }
}
