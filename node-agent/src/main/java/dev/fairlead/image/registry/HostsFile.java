package dev.fairlead.image.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.registry.Endpoint.Capability;
import dev.fairlead.image.registry.Endpoint.ClientCertificate;
import dev.fairlead.image.registry.Endpoint.Tls;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One hosts.toml, as containerd documents it (docs/hosts.md). The order of the {@code [host]} tables is the order of asking. Fields that we
 * do not know are left alone: the file is shared with containerd.
 */
final class HostsFile {
    private static final TomlMapper TOML = TomlMapper.builder().build();
    private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(ms|s|m)");

    private final Path file;
    private final String registry;

    private HostsFile(Path file, String registry) {
        this.file = file;
        this.registry = registry;
    }

    /**
     * Reads the places for {@code registry}.
     * @throws BadConfiguration names the file, the field and what it should be
     */
    static List<Endpoint> read(Path file, String registry) throws BadConfiguration {
        JsonNode document;
        try {
            document = TOML.readTree(file.toFile());
        } catch (IOException e) {
            throw new BadConfiguration(file + ": " + e.getMessage(), e);
        }
        return new HostsFile(file, registry).endpoints(document);
    }

    private List<Endpoint> endpoints(JsonNode document) throws BadConfiguration {
        List<Endpoint> endpoints = new ArrayList<>();
        JsonNode hosts = document.get("host");
        if (hosts != null) {
            for (Map.Entry<String, JsonNode> host : hosts.properties()) {
                endpoints.add(endpoint("host.\"" + host.getKey() + '"', host.getKey(), host.getValue()));
            }
        }
        String server = text("server", document.get("server"));
        endpoints.add(
                server == null || server.isEmpty()
                        ? endpoint("server", HostsDirectory.serverOf(registry).toString(), document)
                        : endpoint("server", server, document));
        return endpoints;
    }

    private Endpoint endpoint(String field, String address, JsonNode table) throws BadConfiguration {
        URI base = base(field, address, flag(field, table, "override_path"));
        return new Endpoint(
                base,
                capabilities(field, table.get("capabilities")),
                new Tls(
                        files(field + ".ca", table.get("ca")),
                        clients(field + ".client", table.get("client")),
                        flag(field, table, "skip_verify")),
                headers(field + ".header", table.get("header")),
                timeout(field + ".dial_timeout", table.get("dial_timeout")),
                isMirror(base));
    }

    private boolean isMirror(URI base) {
        return !base.getAuthority().equals(registry)
                && !base.getAuthority().equals(HostsDirectory.serverOf(registry).getAuthority());
    }

    private URI base(String field, String address, boolean overridePath) throws BadConfiguration {
        String url = address;
        if (!url.contains("://")) {
            url = (HostsDirectory.isLoopback(url) ? "http://" : "https://") + url;
        }
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw bad(field, "\"" + address + "\" is not a URL");
        }
        if (uri.getAuthority() == null || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
            throw bad(field, "\"" + address + "\" is not an http or https URL with a host");
        }
        String path = uri.getPath() == null ? "" : uri.getPath().replaceFirst("/+$", "");
        if (!overridePath && !path.endsWith("/v2")) {
            path += "/v2";
        }
        String authority = uri.getAuthority().equals("docker.io") ? "registry-1.docker.io" : uri.getAuthority();
        return URI.create(uri.getScheme() + "://" + authority + path);
    }

    private Set<Capability> capabilities(String field, @Nullable JsonNode node) throws BadConfiguration {
        if (node == null) {
            return EnumSet.allOf(Capability.class);
        }
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        for (String name : texts(field + ".capabilities", node)) {
            switch (name) {
                case "pull" -> capabilities.add(Capability.PULL);
                case "resolve" -> capabilities.add(Capability.RESOLVE);
                case "push", "referrers" -> {}
                default -> throw bad(field + ".capabilities", "\"" + name + "\" is none of pull, resolve, push");
            }
        }
        return capabilities;
    }

    private List<Path> files(String field, @Nullable JsonNode node) throws BadConfiguration {
        List<Path> files = new ArrayList<>();
        if (node != null) {
            for (String name : texts(field, node)) {
                files.add(file.resolveSibling(name));
            }
        }
        return files;
    }

    /** A file that holds both, a list of such, or a list of pairs: certificate and key. */
    private List<ClientCertificate> clients(String field, @Nullable JsonNode node) throws BadConfiguration {
        List<ClientCertificate> clients = new ArrayList<>();
        if (node == null) {
            return clients;
        }
        for (JsonNode element : node.isArray() ? node : List.of(node)) {
            List<Path> files = files(field, element);
            if (files.isEmpty() || files.size() > 2) {
                throw bad(field, "each entry is one file, or a pair of certificate and key");
            }
            clients.add(new ClientCertificate(files.getFirst(), files.getLast()));
        }
        return clients;
    }

    private Map<String, List<String>> headers(String field, @Nullable JsonNode node) throws BadConfiguration {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        if (node != null) {
            for (Map.Entry<String, JsonNode> header : node.properties()) {
                headers.put(header.getKey(), texts(field + '.' + header.getKey(), header.getValue()));
            }
        }
        return headers;
    }

    private Duration timeout(String field, @Nullable JsonNode node) throws BadConfiguration {
        String value = text(field, node);
        if (value == null) {
            return Endpoint.CONNECT_TIMEOUT;
        }
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw bad(field, "\"" + value + "\" is not a duration such as 3s or 500ms");
        }
        double unit = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "s" -> 1000;
            default -> 60_000;
        };
        return Duration.ofMillis(Math.max(1, Math.round(Double.parseDouble(matcher.group(1)) * unit)));
    }

    private boolean flag(String field, JsonNode table, String name) throws BadConfiguration {
        JsonNode node = table.get(name);
        if (node != null && !node.isBoolean()) {
            throw bad(field + '.' + name, "must be true or false");
        }
        return node != null && node.booleanValue();
    }

    private @Nullable String text(String field, @Nullable JsonNode node) throws BadConfiguration {
        if (node != null && !node.isTextual()) {
            throw bad(field, "must be a string");
        }
        return node == null ? null : node.textValue();
    }

    /** A string, or a list of strings. */
    private List<String> texts(String field, JsonNode node) throws BadConfiguration {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : node.isArray() ? node : List.of(node)) {
            String text = text(field, element);
            if (text != null) {
                texts.add(text);
            }
        }
        return texts;
    }

    private BadConfiguration bad(String field, String reason) {
        return new BadConfiguration(file + ": " + field + ": " + reason, null);
    }
}
