package dev.fairlead.image.registry;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One place to ask for an image: a mirror, or the registry itself.
 *
 * @param base scheme, host, port and path below which {@code <repository>/manifests} lies; without a slash at the end
 * @param capabilities what it may be asked
 * @param tls how its certificate is judged and ours shown
 * @param headers sent with each request
 * @param connectTimeout for the connection alone
 * @param mirror not the registry of the name: it is told by {@code ns} whose content is wanted
 */
record Endpoint(
        URI base,
        Set<Capability> capabilities,
        Tls tls,
        Map<String, List<String>> headers,
        Duration connectTimeout,
        boolean mirror) {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

    /** What hosts.toml grants; only what matters to a pull. */
    enum Capability {
        /** Fetching by digest. */
        PULL,
        /** Saying which digest a tag means: only for places as trusted as the registry. */
        RESOLVE
    }

    /**
     * TLS of one place; equal values share connections.
     *
     * @param authorities PEM files that are trusted beside the system's
     * @param clients our certificates
     * @param skipVerify believe any certificate
     */
    record Tls(List<Path> authorities, List<ClientCertificate> clients, boolean skipVerify) {
        static final Tls DEFAULT = new Tls(List.of(), List.of(), false);
    }

    /**
     * A certificate of ours.
     *
     * @param certificate PEM file
     * @param key PEM file; the same one where it holds both
     */
    record ClientCertificate(Path certificate, Path key) {}

    Endpoint {
        capabilities = Set.copyOf(capabilities);
        headers = Map.copyOf(headers);
    }

    /** Host and port, as messages name the place. */
    String host() {
        return base.getAuthority();
    }
}
