package dev.fairlead.kubernetes;

import dev.fairlead.cri.v1.ExecSyncRequest;
import dev.fairlead.cri.v1.ExecSyncResponse;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ExecAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.HTTPHeader;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes probes and lifecycle hooks of one pod. Its calls block until the answer or the timeout; it has no state of its own. */
final class Prober {
    private static final int SHOWN_OUTPUT = 200;
    /** A hook has no timeout in the API: the end of the grace period ends it. */
    private static final Duration LONGEST_HOOK = Duration.ofMinutes(10);

    private final RuntimeServiceBlockingStub runtime;
    private final String podAddress;

    /** @param podAddress where the pod's ports are reached from the node */
    Prober(RuntimeServiceBlockingStub runtime, String podAddress) {
        this.runtime = runtime;
        this.podAddress = podAddress;
    }

    ProbeOutcome probe(Probe probe, Container container, String containerId) throws InterruptedException {
        Duration timeout = Duration.ofSeconds(probe.getTimeoutSeconds());
        if (probe.getExec() != null) {
            return exec(probe.getExec(), containerId, timeout);
        }
        if (probe.getHttpGet() != null) {
            return httpGet(probe.getHttpGet(), container, timeout);
        }
        if (probe.getTcpSocket() != null) {
            return tcp(probe.getTcpSocket(), container, timeout);
        }
        return new ProbeOutcome.Unknown("it is none of exec, httpGet, tcpSocket");
    }

    /** Runs a postStart or preStop handler. */
    ProbeOutcome hook(LifecycleHandler hook, Container container, String containerId) throws InterruptedException {
        if (hook.getExec() != null) {
            return exec(hook.getExec(), containerId, LONGEST_HOOK);
        }
        if (hook.getHttpGet() != null) {
            return httpGet(hook.getHttpGet(), container, LONGEST_HOOK);
        }
        if (hook.getSleep() != null) {
            Thread.sleep(Duration.ofSeconds(hook.getSleep().getSeconds()));
            return new ProbeOutcome.Success();
        }
        return new ProbeOutcome.Failure("it is none of exec, httpGet, sleep");
    }

    private ProbeOutcome exec(ExecAction action, String containerId, Duration timeout) {
        try {
            ExecSyncResponse response = runtime.execSync(ExecSyncRequest.newBuilder()
                    .setContainerId(containerId)
                    .addAllCmd(action.getCommand())
                    .setTimeout(timeout.toSeconds())
                    .build());
            return response.getExitCode() == 0
                    ? new ProbeOutcome.Success()
                    : new ProbeOutcome.Failure("exit " + response.getExitCode() + output(response));
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
                    ? new ProbeOutcome.Failure("no answer within " + timeout.toSeconds() + " s")
                    : new ProbeOutcome.Unknown(String.valueOf(e.getMessage()));
        }
    }

    private static String output(ExecSyncResponse response) {
        String text = (response.getStdout().toStringUtf8() + " "
                        + response.getStderr().toStringUtf8())
                .strip();
        String line = text.replaceAll("\\s+", " ");
        if (line.isEmpty()) {
            return "";
        }
        return ": " + (line.length() > SHOWN_OUTPUT ? line.substring(0, SHOWN_OUTPUT) + "..." : line);
    }

    private ProbeOutcome httpGet(HTTPGetAction action, Container container, Duration timeout)
            throws InterruptedException {
        String scheme = Objects.requireNonNullElse(action.getScheme(), "HTTP");
        if (!scheme.equals("HTTP")) {
            return new ProbeOutcome.Unknown("httpGet by " + scheme + " can't be made here yet");
        }
        String path = Objects.requireNonNullElse(action.getPath(), "/");
        URI uri = URI.create("http://" + host(action.getHost()) + ":" + port(action.getPort(), container)
                + (path.startsWith("/") ? path : "/" + path));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(timeout).setHeader("User-Agent", "kube-probe/1.36 (fairlead)");
        for (HTTPHeader header : action.getHttpHeaders()) {
            request.header(header.getName(), header.getValue());
        }
        try (HttpClient client = HttpClient.newBuilder()
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
            int status = client.send(request.build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            return status >= 200 && status < 400
                    ? new ProbeOutcome.Success()
                    : new ProbeOutcome.Failure("HTTP status " + status);
        } catch (IOException e) {
            return new ProbeOutcome.Failure(uri + ": " + e);
        }
    }

    private ProbeOutcome tcp(TCPSocketAction action, Container container, Duration timeout) {
        String host = action.getHost() == null ? podAddress : action.getHost();
        int port = port(action.getPort(), container);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
            return new ProbeOutcome.Success();
        } catch (IOException e) {
            return new ProbeOutcome.Failure(host + " port " + port + ": " + e.getMessage());
        }
    }

    private String host(@Nullable String asked) {
        String host = asked == null ? podAddress : asked;
        return host.contains(":") ? "[" + host + "]" : host;
    }

    private static int port(IntOrString port, Container container) {
        if (port.getIntVal() != null) {
            return port.getIntVal();
        }
        return container.getPorts().stream()
                .filter(named -> port.getStrVal().equals(named.getName()))
                .mapToInt(ContainerPort::getContainerPort)
                .findFirst()
                .orElseThrow(() ->
                        new ManifestException(container.getName(), "has no port named \"" + port.getStrVal() + "\""));
    }
}
