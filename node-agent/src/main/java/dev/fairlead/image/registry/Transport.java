package dev.fairlead.image.registry;

import dev.fairlead.image.ImageException.BadConfiguration;
import dev.fairlead.image.registry.Endpoint.ClientCertificate;
import dev.fairlead.image.registry.Endpoint.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Sends one request: the JDK's client, with redirects that take no credentials along. */
final class Transport {
    /** Until the headers of an answer are here. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

    private static final int REDIRECTS = 5;

    private final ProxySelector proxies = new EnvironmentProxies(System.getenv());
    private final Map<ClientKey, HttpClient> clients = new ConcurrentHashMap<>();

    /** What connections may be shared by: a file that was written anew makes a new client. */
    private record ClientKey(Tls tls, Duration connectTimeout, List<FileTime> filesChanged) {}

    /**
     * Asks {@code endpoint} and follows where it sends us.
     * @param request with Authorization, where it is needed: left out once another host is asked
     * @return its body is the caller's to close
     */
    HttpResponse<InputStream> send(Endpoint endpoint, HttpRequest request)
            throws IOException, InterruptedException, BadConfiguration {
        HttpClient client = client(endpoint);
        HttpRequest next = request;
        for (int redirects = 0; ; redirects++) {
            HttpResponse<InputStream> response = client.send(next, HttpResponse.BodyHandlers.ofInputStream());
            String location = response.headers().firstValue("Location").orElse("");
            if (!isRedirect(response.statusCode()) || location.isEmpty()) {
                return response;
            }
            response.body().close();
            if (redirects == REDIRECTS) {
                throw new IOException(endpoint.host() + " redirects more than " + REDIRECTS + " times");
            }
            next = redirected(next, location);
        }
    }

    /** A request to {@code uri} that has what all have. */
    static HttpRequest.Builder request(Endpoint endpoint, URI uri) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(uri).timeout(ANSWER_TIMEOUT).header("User-Agent", "fairlead");
        endpoint.headers().forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        return builder;
    }

    private static boolean isRedirect(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private static HttpRequest redirected(HttpRequest request, String location) throws IOException {
        URI target;
        try {
            target = request.uri().resolve(location);
        } catch (IllegalArgumentException e) {
            throw new IOException("redirected to what is no URL: " + location, e);
        }
        if (!("https".equals(target.getScheme())
                || ("http".equals(target.getScheme())
                        && "http".equals(request.uri().getScheme())))) {
            throw new IOException("redirected from " + request.uri().getHost() + " to " + target.getScheme()
                    + ", which is not followed");
        }
        boolean sameHost = target.getAuthority() != null
                && target.getAuthority().equals(request.uri().getAuthority());
        // Blobs lie behind signed addresses: a storage server refuses the registry's token, or learns it.
        HttpRequest.Builder builder = HttpRequest.newBuilder(request, (name, value) -> sameHost || isForEveryone(name));
        return builder.uri(target).build();
    }

    private static boolean isForEveryone(String header) {
        return header.equalsIgnoreCase("Range")
                || header.equalsIgnoreCase("Accept")
                || header.equalsIgnoreCase("User-Agent");
    }

    private HttpClient client(Endpoint endpoint) throws BadConfiguration {
        Tls tls = endpoint.base().getScheme().equals("https") ? endpoint.tls() : Tls.DEFAULT;
        ClientKey key = new ClientKey(tls, endpoint.connectTimeout(), changes(tls));
        HttpClient known = clients.get(key);
        if (known != null) {
            return known;
        }
        // One connection a layer: HTTP/2 would put all of them into one TCP stream, and its window.
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(proxies)
                .connectTimeout(endpoint.connectTimeout());
        if (endpoint.base().getScheme().equals("https")) {
            builder.sslContext(TlsContext.of(tls));
        }
        HttpClient fresh = builder.build();
        HttpClient other = clients.putIfAbsent(key, fresh);
        return other == null ? fresh : other;
    }

    private static List<FileTime> changes(Tls tls) throws BadConfiguration {
        List<Path> files = new ArrayList<>(tls.authorities());
        for (ClientCertificate client : tls.clients()) {
            files.add(client.certificate());
            files.add(client.key());
        }
        List<FileTime> times = new ArrayList<>();
        for (Path file : files) {
            try {
                times.add(Files.getLastModifiedTime(file));
            } catch (IOException e) {
                throw new BadConfiguration(file + ": cannot be read: " + e, e);
            }
        }
        return times;
    }
}
