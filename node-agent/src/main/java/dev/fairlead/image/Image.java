package dev.fairlead.image;

import dev.fairlead.oci.ImageConfig;
import dev.fairlead.oci.ImageDefaults;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An image of the store, unpacked.
 *
 * @param id digest of the configuration
 * @param manifest digest of the manifest of our platform
 * @param repoTags names with tags, such as {@code docker.io/library/busybox:latest}
 * @param repoDigests names with the digest that the registry answered with, of an index where it is one
 * @param size bytes of manifest, configuration and layers as they are in the store
 * @param config entry point, environment, labels, history
 * @param chainIds names of the unpacked layers, lowest first
 * @param annotations of the manifest
 * @param pinned must not be removed by the kubelet's garbage collection
 */
public record Image(
        Digest id,
        Digest manifest,
        List<String> repoTags,
        List<String> repoDigests,
        long size,
        ImageConfig config,
        List<Digest> chainIds,
        Map<String, String> annotations,
        boolean pinned) {
    public Image {
        repoTags = List.copyOf(repoTags);
        repoDigests = List.copyOf(repoDigests);
        chainIds = List.copyOf(chainIds);
        annotations = Map.copyOf(annotations);
    }

    /** The user part of {@code User} where it is a number. */
    public OptionalLong uid() {
        String user = userPart();
        return !user.isEmpty() && user.length() <= 10 && user.chars().allMatch(c -> c >= '0' && c <= '9')
                ? OptionalLong.of(Long.parseLong(user))
                : OptionalLong.empty();
    }

    /** The user part of {@code User} where it is a name. */
    public Optional<String> username() {
        String user = userPart();
        return user.isEmpty() || uid().isPresent() ? Optional.empty() : Optional.of(user);
    }

    private String userPart() {
        ImageDefaults defaults = config.config();
        String user = defaults == null || defaults.user() == null ? "" : defaults.user();
        int colon = user.indexOf(':');
        return colon < 0 ? user : user.substring(0, colon);
    }
}
