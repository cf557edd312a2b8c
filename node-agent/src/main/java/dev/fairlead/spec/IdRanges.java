package dev.fairlead.spec;

import dev.fairlead.cri.v1.IDMapping;
import dev.fairlead.oci.IdMapping;
import java.util.List;
import java.util.Map;

/** Ranges of user and group ids of CRI, whose numbers are uint32: half of them look negative in Java. */
public final class IdRanges {
    private IdRanges() {}

    /** The same ranges as the OCI runtime specification has them. */
    public static List<IdMapping> toOci(List<IDMapping> asked) {
        return asked.stream()
                .map(range -> new IdMapping(
                        Integer.toUnsignedLong(range.getContainerId()),
                        Integer.toUnsignedLong(range.getHostId()),
                        Integer.toUnsignedLong(range.getLength()),
                        Map.of()))
                .toList();
    }
}
