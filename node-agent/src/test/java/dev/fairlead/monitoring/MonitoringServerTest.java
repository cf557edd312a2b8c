package dev.fairlead.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MonitoringServerTest {
    private final AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
    private final DaemonFigures figures = new DaemonFigures("1.2.3");
    private MetricsSource containers = () -> "container_sockets{} 3\n";

    @AfterEach
    void end() {
        figures.close();
    }

    private MonitoringServer serve(String address) throws IOException {
        return MonitoringServer.start(
                ListenAddress.parse(address),
                figures,
                containers,
                List.of(new HealthCheck("NetworkReady", problem::get)));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    @Test
    void figuresAreInPrometheusFormat() throws Exception {
        int port = freePort();
        List<Integer> pods = List.of(1, 2, 3);
        figures.gauge("fairlead.pods", "Pods.", pods, List::size);
        try (var _ = serve("127.0.0.1:" + port)) {
            System.gc(); // meters hold what they ask weakly
            HttpResponse<String> answer = get(port, "/metrics");
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("content-type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
            assertThat(answer.body())
                    .contains("fairlead_info{version=\"1.2.3\"} 1\n", "fairlead_pods 3.0")
                    .containsPattern("\nprocess_cpu_seconds_total [0-9.]+\n")
                    .containsPattern("\nprocess_resident_memory_bytes [0-9.E]{6,}\n")
                    .containsPattern("\nprocess_open_fds [0-9.]+\n")
                    .containsPattern("\nfairlead_threads_allocated_bytes [0-9.E]{6,}\n")
                    .containsPattern("\nprocess_threads [0-9.]+\n")
                    .containsPattern("\nprocess_start_time_seconds [0-9.E]+\n")
                    .doesNotContain("NaN");
        }
    }

    @Test
    void containersAreMeasuredWhenTheyAreAskedFor() throws Exception {
        int port = freePort();
        try (var _ = serve("127.0.0.1:" + port)) {
            HttpResponse<String> answer = get(port, "/metrics/cadvisor");
            assertThat(answer.body()).isEqualTo("container_sockets{} 3\n");
            assertThat(answer.headers().firstValue("content-type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
        }
    }

    @Test
    void containersThatCannotBeMeasuredAreAnErrorWithAReason() throws Exception {
        int port = freePort();
        containers = () -> {
            throw new IOException("no cgroups");
        };
        try (var _ = serve("127.0.0.1:" + port)) {
            HttpResponse<String> answer = get(port, "/metrics/cadvisor");
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body()).contains("no cgroups");
        }
    }

    @Test
    void readyIsWhatHasNoProblemAndLiveIsWhatAnswers() throws Exception {
        int port = freePort();
        try (var _ = serve("127.0.0.1:" + port)) {
            assertThat(get(port, "/health/ready").statusCode()).isEqualTo(200);
            problem.set(Optional.of("no network configuration"));
            HttpResponse<String> answer = get(port, "/health/ready");
            assertThat(answer.statusCode()).isEqualTo(503);
            var body = new ObjectMapper().readTree(answer.body());
            assertThat(body.at("/status").asText()).isEqualTo("DOWN");
            assertThat(body.at("/checks/0/name").asText()).isEqualTo("NetworkReady");
            assertThat(body.at("/checks/0/data/problem").asText()).isEqualTo("no network configuration");
            assertThat(get(port, "/health").statusCode()).isEqualTo(503);
            assertThat(get(port, "/health/live").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void whatElseIsAskedForIsRefused() throws Exception {
        int port = freePort();
        try (var _ = serve("127.0.0.1:" + port);
                HttpClient client = HttpClient.newHttpClient()) {
            assertThat(get(port, "/").statusCode()).isEqualTo(404);
            HttpRequest post = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .POST(BodyPublishers.ofString("x"))
                    .build();
            assertThat(client.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
        }
    }

    @Test
    void aUnixSocketServesTheSameToRootAloneAndGoesAway(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("metrics.sock");
        Files.writeString(file, "left over");
        try (var _ = serve("unix:" + file)) {
            assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
            assertThat(say(file, "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK");
            assertThat(say(file, "this is no HTTP at all\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        }
        assertThat(file).doesNotExist();
    }

    private static String say(Path socket, String text) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void anAddressInUseIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            assertThatThrownBy(() -> serve(address))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(address)
                    .hasMessageContaining("--metrics");
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:9090, 127.0.0.1:9090", "[::1]:80, [::1]:80", "unix:/run/x.sock, unix:/run/x.sock"})
    void addressesAreShownAsTheyAreWritten(String text, String shown) {
        assertThat(ListenAddress.parse(text).toString().replace("0:0:0:0:0:0:0:1", "::1"))
                .isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9090", ":9090", "unix:", "localhost:", "localhost:http", "localhost:70000"})
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> ListenAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HOST:PORT or unix:FILE");
    }
}
