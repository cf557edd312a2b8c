package dev.fairlead.libcontainer.capabilities;

import dev.fairlead.libcontainer.process.CapabilitySets;
import dev.fairlead.linux.KernelFiles;
import dev.fairlead.oci.Capabilities;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * What this machine's kernel knows and this process holds: no process that we start can have more, unless it starts in a user namespace of
 * its own, where it begins with all.
 *
 * @param permitted mask of this process
 * @param bounding mask of this process
 * @param last the highest number that the kernel knows
 */
public record HostCapabilities(long permitted, long bounding, int last) {
    /** Reads /proc/self/status and /proc/sys/kernel/cap_last_cap. */
    public static HostCapabilities read() throws IOException {
        List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
        return new HostCapabilities(
                mask(status, "CapPrm:"),
                mask(status, "CapBnd:"),
                // Not Files.readString: it begins with one byte, and a sysctl gives its value to the first read alone.
                Integer.parseInt(
                        KernelFiles.read("/proc/sys/kernel/cap_last_cap").strip()));
    }

    private static long mask(List<String> status, String key) {
        return status.stream()
                .filter(line -> line.startsWith(key))
                .mapToLong(line ->
                        Long.parseUnsignedLong(line.substring(key.length()).strip(), 16))
                .findFirst()
                .orElse(0);
    }

    /** All that the kernel knows, of those that we know. */
    public Set<Capability> known() {
        return Capability.ofMask(knownMask());
    }

    /** Those of {@link #known} that this process can hand on; what is missing a container on this node cannot have. */
    public Set<Capability> grantable() {
        return Capability.ofMask(knownMask() & permitted & bounding);
    }

    private long knownMask() {
        return last >= 63 ? -1 : (1L << (last + 1)) - 1;
    }

    /**
     * Cuts the sets of an OCI configuration to what can be had, and to what the kernel wants of them: permitted within bounding, effective and
     * ambient within permitted, ambient within inheritable.
     *
     * @param userNamespace whether the process starts in a user namespace of its own
     * @throws IllegalArgumentException a name that is none
     */
    public CapabilitySets grant(Capabilities wanted, boolean userNamespace) {
        long held = userNamespace ? knownMask() : knownMask() & permitted & bounding;
        long boundingMask = mask(wanted.bounding());
        long permittedMask = mask(wanted.permitted());
        long effectiveMask = mask(wanted.effective());
        long inheritableMask = mask(wanted.inheritable());
        long ambientMask = mask(wanted.ambient());
        long grantedPermitted = permittedMask & held;
        long grantedInheritable = inheritableMask & held;
        return new CapabilitySets(
                boundingMask & held,
                effectiveMask & grantedPermitted,
                grantedPermitted,
                grantedInheritable,
                ambientMask & grantedPermitted & grantedInheritable);
    }

    private static long mask(Collection<String> names) {
        long mask = 0;
        for (String name : names) {
            mask |= Capability.of(name).bits();
        }
        return mask;
    }
}
