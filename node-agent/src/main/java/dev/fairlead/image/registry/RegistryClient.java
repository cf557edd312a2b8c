package dev.fairlead.image.registry;

import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.Reference;
import java.util.List;
import java.util.Optional;

/** Opens repositories; what connections and TLS contexts there are is shared by all of them. */
public final class RegistryClient {
    private final RegistryConfig config;
    private final HostsDirectory hosts;
    private final Transport transport = new Transport();

    public RegistryClient(RegistryConfig config) {
        this.config = config;
        this.hosts = new HostsDirectory(config.hostDirectories());
    }

    /**
     * Opens the repository of {@code reference} for one pull; nothing is asked yet.
     * @throws BadConfiguration where hosts.toml cannot be used
     */
    public RemoteRepository open(Reference reference, Optional<RegistryCredentials> credentials)
            throws BadConfiguration {
        List<RemoteRepository.Place> places = hosts.endpoints(reference.registry()).stream()
                .map(endpoint -> new RemoteRepository.Place(
                        endpoint, new Authorizer(transport, endpoint, reference.repository(), credentials)))
                .toList();
        return new RemoteRepository(reference, credentials.isPresent(), places, transport, config.retry());
    }
}
