package dev.fairlead.image.registry;

import java.nio.file.Path;
import java.util.List;

/**
 * How registries are reached.
 *
 * @param hostDirectories directories as containerd's {@code config_path} names them, each with {@code <host>/hosts.toml}; the first that
 *     has one for a host (or {@code _default}) decides. They are read at each pull: no restart after a change
 * @param platform which image of a list is taken
 * @param parallelLayers layers of all pulls that are downloaded or unpacked at a time
 * @param retry how long a failing registry is asked again
 */
public record RegistryConfig(
        List<Path> hostDirectories, TargetPlatform platform, int parallelLayers, RetryPolicy retry) {
    public RegistryConfig {
        hostDirectories = List.copyOf(hostDirectories);
        if (parallelLayers < 1) {
            throw new IllegalArgumentException("parallelLayers: " + parallelLayers + ", at least 1 is needed");
        }
    }

    /** containerd's directory, this machine's platform, four layers at a time. */
    public static RegistryConfig defaults() {
        return withHosts(Path.of("/etc/containerd/certs.d"));
    }

    /** The defaults with another directory of hosts. */
    public static RegistryConfig withHosts(Path hostDirectory) {
        return new RegistryConfig(List.of(hostDirectory), TargetPlatform.ofThisMachine(), 4, RetryPolicy.DEFAULT);
    }
}
