package dev.fairlead.image;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A registry in this process that fails as it is told to. */
public final class TestRegistry implements AutoCloseable {
    /** What a registry may do with a request instead of answering it. */
    @FunctionalInterface
    public interface Fault {
        void answer(HttpExchange exchange) throws IOException;
    }

    private record Rule(Predicate<HttpExchange> when, AtomicInteger times, Fault fault) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Document(String mediaType, byte[] content) {}

    private final HttpServer server;
    private final Map<String, Document> manifests = new ConcurrentHashMap<>();
    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile boolean ranges = true;
    private volatile Predicate<HttpExchange> authorized = exchange -> true;
    private volatile String challenge = "";

    private TestRegistry(HttpServer server) {
        this.server = server;
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    public static TestRegistry start() throws IOException {
        return new TestRegistry(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    }

    public static TestRegistry start(SSLContext tls) throws IOException {
        return start(new HttpsConfigurator(tls));
    }

    /** Talks to those alone who show a certificate that {@code tls} trusts. */
    public static TestRegistry startForClients(SSLContext tls) throws IOException {
        return start(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ours = tls.getDefaultSSLParameters();
                ours.setNeedClientAuth(true);
                parameters.setSSLParameters(ours);
            }
        });
    }

    private static TestRegistry start(HttpsConfigurator tls) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(tls);
        return new TestRegistry(server);
    }

    /** As references name it. */
    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    public Reference reference(String rest) throws ImageException {
        return Reference.parse(host() + '/' + rest);
    }

    public Digest putBlob(byte[] content) {
        Digest digest = Digest.sha256(content);
        blobs.put(digest.toString(), content);
        return digest;
    }

    /** Answers with other bytes than the digest promises. */
    public void damageBlob(Digest digest, byte[] content) {
        blobs.put(digest.toString(), content);
    }

    public Digest putManifest(String repository, String tag, String mediaType, byte[] content) {
        Digest digest = Digest.sha256(content);
        manifests.put(repository + '@' + digest, new Document(mediaType, content));
        manifests.put(repository + '@' + tag, new Document(mediaType, content));
        return digest;
    }

    /** Does {@code fault} for the next {@code times} requests whose path contains {@code path}. */
    public void fail(String path, int times, Fault fault) {
        rules.add(new Rule(
                exchange -> exchange.getRequestURI().getPath().contains(path), new AtomicInteger(times), fault));
    }

    public void withoutRanges() {
        ranges = false;
    }

    /** Wants Basic authentication. */
    public void wantPassword(String user, String password) {
        String expected =
                "Basic " + Base64.getEncoder().encodeToString((user + ':' + password).getBytes(StandardCharsets.UTF_8));
        challenge = "Basic realm=\"test\"";
        authorized = exchange -> expected.equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    /** Wants a token of a token server, which is this one under {@code /token}. */
    public void wantToken(String token, String challengeParameters) {
        challenge = "Bearer realm=\"http://" + host() + "/token\"" + challengeParameters;
        authorized = exchange ->
                ("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    /** Method, path with query, and what was sent of Range and Authorization. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    public List<String> requests(String part) {
        return requests.stream().filter(request -> request.contains(part)).toList();
    }

    private void handle(HttpExchange exchange) throws IOException {
        requests.add(exchange.getRequestMethod()
                + ' '
                + exchange.getRequestURI()
                + header(exchange, "Range").map(value -> " Range=" + value).orElse("")
                + header(exchange, "Authorization")
                        .map(value -> " Authorization=" + value)
                        .orElse(""));
        try (exchange) {
            for (Rule rule : rules) {
                if (rule.when().test(exchange) && rule.times().getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                    rule.fault().answer(exchange);
                    return;
                }
            }
            String path = exchange.getRequestURI().getPath();
            if (!path.contains("/v2/") || !authorized.test(exchange)) {
                exchange.getResponseHeaders().add("WWW-Authenticate", challenge);
                answer(exchange, path.contains("/v2/") ? 401 : 404, "{}".getBytes(StandardCharsets.UTF_8));
                return;
            }
            serve(exchange, path.substring(path.indexOf("/v2/") + 4));
        }
    }

    private void serve(HttpExchange exchange, String path) throws IOException {
        int manifest = path.indexOf("/manifests/");
        int blob = path.indexOf("/blobs/");
        if (manifest > 0) {
            Document document = manifests.get(
                    path.substring(0, manifest) + '@' + path.substring(manifest + "/manifests/".length()));
            if (document != null) {
                exchange.getResponseHeaders().add("Content-Type", document.mediaType());
                exchange.getResponseHeaders()
                        .add(
                                "Docker-Content-Digest",
                                Digest.sha256(document.content()).toString());
                answer(exchange, 200, document.content());
                return;
            }
        }
        byte[] content = blob > 0 ? blobs.get(path.substring(blob + "/blobs/".length())) : null;
        if (content != null) {
            Optional<String> range = header(exchange, "Range");
            if (range.isPresent() && ranges) {
                int from = Integer.parseInt(range.get().replaceAll("bytes=([0-9]+)-", "$1"));
                exchange.getResponseHeaders()
                        .add("Content-Range", "bytes " + from + '-' + (content.length - 1) + '/' + content.length);
                answer(exchange, 206, Arrays.copyOfRange(content, from, content.length));
            } else {
                answer(exchange, 200, content);
            }
            return;
        }
        answer(exchange, 404, error("MANIFEST_UNKNOWN", "manifest unknown"));
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    public static byte[] error(String code, String message) {
        return ("{\"errors\":[{\"code\":\"" + code + "\",\"message\":\"" + message + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
    }

    public static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    /** Answers with a status and headers. */
    public static Fault status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            answer(exchange, status, error("CODE" + status, "the test wants it so"));
        };
    }

    /** Promises the whole blob and closes the connection after {@code bytes} of what was asked for. */
    public Fault closeAfter(int bytes) {
        return exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] content = Objects.requireNonNull(blobs.get(path.substring(path.indexOf("sha256:"))));
            int from = header(exchange, "Range")
                    .map(range -> Integer.parseInt(range.replaceAll("bytes=([0-9]+)-", "$1")))
                    .orElse(0);
            if (from > 0) {
                exchange.getResponseHeaders()
                        .add("Content-Range", "bytes " + from + '-' + (content.length - 1) + '/' + content.length);
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
            exchange.getResponseBody().write(content, from, Math.min(bytes, content.length - from));
            exchange.getResponseBody().flush();
            exchange.close();
        };
    }

    /** The paths of blobs that were asked for, in order. */
    public List<String> blobRequests() {
        return new ArrayList<>(requests("/blobs/"));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
