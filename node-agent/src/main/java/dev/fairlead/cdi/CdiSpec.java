package dev.fairlead.cdi;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of CDI (SPEC.md, JSON Definition).
 *
 * @param cdiVersion that its author wrote it for
 * @param kind {@code vendor/class} of its devices
 * @param annotations say something to people
 * @param containerEdits for a container that gets any of the devices
 */
record CdiSpec(
        @Nullable String cdiVersion,
        @Nullable String kind,
        @Nullable Map<String, String> annotations,
        List<Device> devices,
        ContainerEdits containerEdits) {
    CdiSpec {
        devices = ContainerEdits.list(devices);
        containerEdits = orNone(containerEdits);
    }

    /**
     * One of its devices.
     *
     * @param name without the kind
     * @param containerEdits for a container that gets this device
     */
    record Device(@Nullable String name, @Nullable Map<String, String> annotations, ContainerEdits containerEdits) {
        Device {
            containerEdits = orNone(containerEdits);
        }
    }

    private static ContainerEdits orNone(@Nullable ContainerEdits edits) {
        return edits == null ? ContainerEdits.NONE : edits;
    }
}
