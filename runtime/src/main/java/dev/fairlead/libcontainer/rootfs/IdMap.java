package dev.fairlead.libcontainer.rootfs;

import dev.fairlead.oci.IdMapping;
import dev.fairlead.oci.Linux;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Which users and groups of the host those of a container's user namespace are; the ranges are OCI's. */
public record IdMap(List<IdMapping> uids, List<IdMapping> gids) {
    public IdMap {
        uids = List.copyOf(uids);
        gids = List.copyOf(gids);
    }

    /** Of a configuration; empty: it has no mappings, and so no user namespace. */
    public static Optional<IdMap> of(Linux linux) {
        boolean none = linux.uidMappings().isEmpty() && linux.gidMappings().isEmpty();
        return none ? Optional.empty() : Optional.of(new IdMap(linux.uidMappings(), linux.gidMappings()));
    }

    /**
     * The host's uid.
     * @throws IOException it is mapped to none; the text names the ranges
     */
    public int uid(long inside) throws IOException {
        return host("uid", uids, inside);
    }

    /**
     * The host's gid.
     * @throws IOException it is mapped to none; the text names the ranges
     */
    public int gid(long inside) throws IOException {
        return host("gid", gids, inside);
    }

    private static int host(String what, List<IdMapping> mappings, long inside) throws IOException {
        for (IdMapping mapping : mappings) {
            long offset = inside - mapping.containerID();
            if (offset >= 0 && offset < mapping.size()) {
                return (int) (mapping.hostID() + offset);
            }
        }
        throw new IOException(what + " " + inside
                + " is not mapped in the container's user namespace: choose one within " + ranges(mappings));
    }

    private static String ranges(List<IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> mapping.containerID() + "-" + (mapping.containerID() + mapping.size() - 1))
                .toList()
                .toString();
    }

    /** {@code uid=} and {@code gid=} as the kernel reads them from a thread that is in the host's user namespace. */
    NewFileSystem.Option translate(NewFileSystem.Option option) throws IOException {
        try {
            return switch (option.key()) {
                case "uid" ->
                    new NewFileSystem.Option("uid", Integer.toUnsignedString(uid(Long.parseLong(option.value()))));
                case "gid" ->
                    new NewFileSystem.Option("gid", Integer.toUnsignedString(gid(Long.parseLong(option.value()))));
                default -> option;
            };
        } catch (NumberFormatException e) {
            throw new IOException(option.key() + "=" + option.value() + " is no number", e);
        }
    }
}
