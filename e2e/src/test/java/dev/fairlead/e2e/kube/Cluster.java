package dev.fairlead.e2e.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.fairlead.e2e.Command;
import dev.fairlead.e2e.Daemon;
import dev.fairlead.e2e.Node;
import dev.fairlead.e2e.Snapshot;
import dev.fairlead.e2e.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A cluster of one node. When it is closed nothing that the runtime made may be left. */
final class Cluster implements AutoCloseable {
    static final String NODE = "fairlead-node";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path DIRECTORY = Path.of("/run/kube");
    private static final Duration SLOWEST = Duration.ofMinutes(2);
    private static final String API = "http://127.0.0.1:8001";

    final Node node;
    final Kubelet kubelet;
    private final Snapshot before;
    private final Process proxy;
    /** Would else ask to go on in HTTP/2, which a proxy takes for something that it has to pass on. */
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    Cluster() throws IOException {
        this(Node.start());
    }

    /**
     * Starts the control plane and the kubelet.
     * @param settings of the kubelet, beside its own
     */
    Cluster(Node node, String... settings) throws IOException {
        this.node = node;
        before = Snapshot.take();
        Files.createDirectories(Daemon.directory("e2e.logs").resolve("control-plane"));
        controlPlane("start");
        proxy = new ProcessBuilder(kubectl("proxy", "--port=8001"))
                .redirectErrorStream(true)
                .redirectOutput(Daemon.directory("e2e.logs")
                        .resolve("kubectl-proxy.log")
                        .toFile())
                .start();
        kubelet = new Kubelet(Kubelet.Mode.CLUSTER, DIRECTORY, node.daemon().socket());
        kubelet.start(settings);
        Wait.until(
                "the node is ready",
                Duration.ofMinutes(1),
                this::nodeStatus,
                status -> PodOnNode.condition(status, "Ready"),
                Duration.ofMillis(200));
    }

    private static void controlPlane(String verb) {
        Command.run(
                        Map.of("KUBE", Daemon.directory("e2e.kube").toString()),
                        List.of(
                                Daemon.directory("e2e.home")
                                        .resolve("kube/control-plane")
                                        .toString(),
                                verb,
                                DIRECTORY.toString()))
                .output();
    }

    /** kubectl and its arguments, as the administrator. */
    static List<String> kubectl(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Daemon.directory("e2e.kube").resolve("kubectl").toString(),
                "--kubeconfig=" + DIRECTORY.resolve("keys/admin.conf")));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs kubectl, which must succeed; returns what it prints. */
    String run(String... arguments) {
        return result(arguments).output();
    }

    Command.Result result(String... arguments) {
        return Command.run(Map.of(), kubectl(arguments));
    }

    /** Makes or changes what these manifests say. */
    void apply(String manifests) {
        try {
            Path file = Files.createTempFile("fairlead-e2e", ".yaml");
            try {
                Files.writeString(file, manifests);
                run("apply", "-f", file.toString());
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A pod of the namespace default with this {@code spec}, of YAML. */
    PodOnNode pod(String name, String spec) {
        apply("""
                apiVersion: v1
                kind: Pod
                metadata: { name: %s, labels: { app: %s } }
                spec:
                %s""".formatted(name, name, spec.indent(2)));
        return pod(name);
    }

    PodOnNode pod(String name) {
        return new PodOnNode("default", name, () -> get("/api/v1/namespaces/default/pods/" + name));
    }

    /** The pods with a label, those that are about to go included. */
    List<PodOnNode> pods(String selector) {
        List<PodOnNode> pods = new ArrayList<>();
        for (JsonNode pod :
                get("/api/v1/namespaces/default/pods?labelSelector=" + selector).path("items")) {
            pods.add(pod(pod.at("/metadata/name").asText()));
        }
        return pods;
    }

    /** What the API server has at {@code path}; a missing node if nothing. */
    JsonNode get(String path) {
        String body = text(path);
        try {
            return body.isEmpty() ? MissingNode.getInstance() : JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError(path + " of the API server is no JSON: " + body, e);
        }
    }

    /** The same as text; empty if there is nothing. */
    String text(String path) {
        try {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create(API + path))
                            .timeout(Duration.ofSeconds(20))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return switch (response.statusCode()) {
                case 200 -> response.body();
                case 404 -> "";
                default ->
                    throw new AssertionError(
                            "the API server answers " + response.statusCode() + " to " + path + ": " + response.body());
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking the API server", e);
        }
    }

    /** What the node's kubelet has at {@code path}, asked through the API server. */
    String ofKubelet(String path) {
        return text("/api/v1/nodes/" + NODE + "/proxy" + path);
    }

    JsonNode nodeStatus() {
        return get("/api/v1/nodes/" + NODE).path("status");
    }

    @Override
    public void close() throws IOException {
        run("uncordon", NODE);
        run(
                "delete",
                "deployment,daemonset,statefulset,cronjob,job,pod",
                "--all",
                "--wait=true",
                "--timeout=" + SLOWEST.toSeconds() + "s");
        Wait.until(
                "the kubelet has put its pods away",
                SLOWEST,
                KubeletAlone::withVolumes,
                List::isEmpty,
                Duration.ofMillis(200));
        kubelet.close();
        proxy.destroy();
        controlPlane("stop");
        for (Path log : logs()) {
            Files.copy(
                    log,
                    Daemon.directory("e2e.logs").resolve("control-plane").resolve(log.getFileName()),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        node.removeAllPods();
        before.assertRestored(KubeletAlone::isKubeletsOwn);
        node.close();
    }

    private static List<Path> logs() throws IOException {
        try (var logs = Files.list(DIRECTORY.resolve("log"))) {
            return logs.toList();
        }
    }
}
