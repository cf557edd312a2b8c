package dev.fairlead.libcontainer.users;

import java.util.List;
import java.util.Optional;

/**
 * The credentials of a process in a container, in the container's own numbers.
 *
 * @param name of the image's entry for {@code uid}; empty: it has none
 * @param additionalGids with {@code gid}, in ascending order, each once
 * @param home the directory of HOME: of the entry, else "/"
 */
public record ContainerUser(long uid, long gid, Optional<String> name, List<Long> additionalGids, String home) {
    public ContainerUser {
        additionalGids = List.copyOf(additionalGids);
    }
}
