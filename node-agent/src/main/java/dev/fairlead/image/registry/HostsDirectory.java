package dev.fairlead.image.registry;

import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.registry.Endpoint.Capability;
import dev.fairlead.image.registry.Endpoint.ClientCertificate;
import dev.fairlead.image.registry.Endpoint.Tls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where the images of a registry are asked for: containerd's {@code <directory>/<host>/hosts.toml}, then {@code _default/hosts.toml}, then
 * docker's certificates ({@code *.crt}, {@code *.cert} with {@code *.key}) in the host's directory, then the registry itself.
 */
final class HostsDirectory {
    private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);

    private final List<Path> directories;

    HostsDirectory(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /**
     * Gives the places for {@code registry} in the order in which they are asked; the registry itself is the last.
     * @param registry host, with a port where the name has one
     */
    List<Endpoint> endpoints(String registry) throws BadConfiguration {
        for (Path directory : directories) {
            for (String name : namesOf(registry)) {
                Path host = directory.resolve(name);
                Path file = host.resolve("hosts.toml");
                if (Files.exists(file)) {
                    return HostsFile.read(file, registry);
                }
                if (Files.isDirectory(host) && !name.equals("_default")) {
                    return List.of(ownEndpoint(registry, dockerCertificates(host)));
                }
            }
        }
        return List.of(ownEndpoint(registry, Tls.DEFAULT));
    }

    /** Where the colon of a port cannot be in a name of a directory, containerd writes host_port_. */
    private static List<String> namesOf(String registry) {
        int port = registry.lastIndexOf(':');
        return port < 0 || registry.endsWith("]")
                ? List.of(registry, "_default")
                : List.of(registry, registry.substring(0, port) + '_' + registry.substring(port + 1) + '_', "_default");
    }

    /** The registry under its own name: HTTPS, but for this machine, where test registries have no certificate. */
    static Endpoint ownEndpoint(String registry, Tls tls) {
        return new Endpoint(serverOf(registry), ALL, tls, Map.of(), Endpoint.CONNECT_TIMEOUT, false);
    }

    /** The API's address of a registry that nothing else is said of. */
    static URI serverOf(String registry) {
        if (registry.equals("docker.io")) {
            return URI.create("https://registry-1.docker.io/v2");
        }
        return URI.create((isLoopback(registry) ? "http://" : "https://") + registry + "/v2");
    }

    /** As containerd decides it: localhost, 127.0.0.0/8 and ::1, unless the port is that of HTTPS. */
    static boolean isLoopback(String registry) {
        if (registry.endsWith(":443")) {
            return false;
        }
        String host = registry.replaceFirst(":[0-9]+$", "");
        return host.equals("localhost") || host.matches("127(\\.[0-9]{1,3}){3}") || host.equals("[::1]");
    }

    private static Tls dockerCertificates(Path directory) throws BadConfiguration {
        List<Path> authorities = new ArrayList<>();
        List<ClientCertificate> clients = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".crt")) {
                    authorities.add(file);
                } else if (name.endsWith(".cert")) {
                    clients.add(new ClientCertificate(
                            file, file.resolveSibling(name.substring(0, name.length() - ".cert".length()) + ".key")));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            throw new BadConfiguration("cannot read " + directory + ": " + e, e);
        }
        return new Tls(authorities, clients, false);
    }
}
