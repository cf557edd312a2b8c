package dev.fairlead.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A registry at 127.0.0.1:5001 that serves images made on the spot, and misbehaves as it is told. */
final class TestRegistry implements AutoCloseable {
    static final String HOST = "127.0.0.1:5001";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Content> contents = new ConcurrentHashMap<>();
    private final List<Fault> faults = new ArrayList<>();

    private record Content(String type, ByteString bytes) {}

    /** @param answer takes over the whole answer; false: it leaves this one to the registry */
    private record Fault(Predicate<String> path, Answer answer) {}

    /** An answer of its own. */
    @FunctionalInterface
    interface Answer {
        boolean to(HttpExchange exchange, byte[] content) throws IOException;
    }

    TestRegistry() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 5001), 0);
        server.setExecutor(workers);
        server.createContext("/v2/", this::answer);
        server.start();
    }

    /** Publishes an image of these layers (gzip or plain tar, as they come); returns the reference to pull. */
    String image(String name, byte[]... layers) {
        return image(name, Map.of(), layers);
    }

    /** The same, with annotations of its manifest. */
    String image(String name, Map<String, String> annotations, byte[]... layers) {
        List<Map<String, Object>> descriptors = new ArrayList<>();
        for (byte[] layer : layers) {
            descriptors.add(blob(name, "application/vnd.oci.image.layer.v1.tar+gzip", layer));
        }
        Map<String, Object> config = Map.of(
                "architecture",
                "amd64",
                "os",
                "linux",
                "config",
                Map.of("Cmd", List.of("sh")),
                "rootfs",
                Map.of(
                        "type",
                        "layers",
                        "diff_ids",
                        java.util.Arrays.stream(layers)
                                .map(layer -> digest(gunzip(layer)))
                                .toList()));
        Map<String, Object> manifest = Map.of(
                "schemaVersion",
                2,
                "mediaType",
                "application/vnd.oci.image.manifest.v1+json",
                "config",
                blob(name, "application/vnd.oci.image.config.v1+json", json(config)),
                "layers",
                descriptors,
                "annotations",
                annotations);
        byte[] bytes = json(manifest);
        Content content = new Content("application/vnd.oci.image.manifest.v1+json", ByteString.copyFrom(bytes));
        contents.put("/v2/" + name + "/manifests/1", content);
        contents.put("/v2/" + name + "/manifests/" + digest(bytes), content);
        return HOST + "/" + name + ":1";
    }

    private Map<String, Object> blob(String name, String type, byte[] bytes) {
        contents.put(
                "/v2/" + name + "/blobs/" + digest(bytes),
                new Content("application/octet-stream", ByteString.copyFrom(bytes)));
        return Map.of("mediaType", type, "digest", digest(bytes), "size", bytes.length);
    }

    /** Every request for a path like this is answered by {@code answer}. */
    TestRegistry faulty(Predicate<String> path, Answer answer) {
        faults.add(new Fault(path, answer));
        return this;
    }

    /** Every request, even the first one to /v2/, is answered with {@code status}. */
    TestRegistry refusing(int status, Map<String, String> headers) {
        return faulty(path -> true, (exchange, content) -> {
            headers.forEach(exchange.getResponseHeaders()::set);
            byte[] body = "{\"errors\": [{\"code\": \"%s\", \"message\": \"as told\"}]}"
                    .formatted(status == 404 ? "MANIFEST_UNKNOWN" : "DENIED")
                    .getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(status, head ? -1 : body.length);
            if (!head) {
                exchange.getResponseBody().write(body);
            }
            return true;
        });
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Content content = contents.get(path);
            for (Fault fault : faults) {
                if (fault.path().test(path)
                        && fault.answer()
                                .to(
                                        exchange,
                                        content == null
                                                ? new byte[0]
                                                : content.bytes().toByteArray())) {
                    return;
                }
            }
            if (path.equals("/v2/")) {
                exchange.sendResponseHeaders(200, -1);
            } else if (content == null) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                send(exchange, content);
            }
        }
    }

    private static void send(HttpExchange exchange, Content content) throws IOException {
        byte[] bytes = content.bytes().toByteArray();
        exchange.getResponseHeaders().set("Content-Type", content.type());
        exchange.getResponseHeaders().set("Docker-Content-Digest", digest(bytes));
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
        if (range != null) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        exchange.sendResponseHeaders(range == null ? 200 : 206, bytes.length - from);
        exchange.getResponseBody().write(bytes, from, bytes.length - from);
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }

    /** A layer, gzip over tar, of whatever {@code entries} writes. */
    static byte[] layer(Consumer<Layer> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            entries.accept(new Layer(tar));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** Debian's static busybox, for the images that are made of it and a trap. */
    static byte[] busybox() {
        try {
            byte[] program = Files.readAllBytes(Path.of("/bin/busybox"));
            return layer(layer -> {
                layer.file("bin/busybox", program, 0755);
                for (String name : List.of("sh", "true", "cat", "ls", "sleep")) {
                    layer.symlink("bin/" + name, "busybox");
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the entries of a layer, in their order, with names as they are given. */
    record Layer(TarArchiveOutputStream tar) {
        Layer file(String name, String text) {
            return file(name, text.getBytes(UTF_8), 0644);
        }

        Layer file(String name, byte[] content, int mode) {
            TarArchiveEntry entry = new TarArchiveEntry(name, true);
            entry.setMode(mode);
            entry.setSize(content.length);
            return put(entry, content);
        }

        Layer symlink(String name, String target) {
            TarArchiveEntry entry = new TarArchiveEntry(name, TarArchiveEntry.LF_SYMLINK, true);
            entry.setLinkName(target);
            return put(entry, new byte[0]);
        }

        Layer hardLink(String name, String target) {
            TarArchiveEntry entry = new TarArchiveEntry(name, TarArchiveEntry.LF_LINK, true);
            entry.setLinkName(target);
            return put(entry, new byte[0]);
        }

        private Layer put(TarArchiveEntry entry, byte[] content) {
            try {
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }
    }

    private static byte[] gunzip(byte[] bytes) {
        try (var in = new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] json(Object value) {
        try {
            return JSON.writeValueAsBytes(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
