package dev.fairlead.streaming;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fairlead.linux.EventLoop;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both protocols over real sockets, with pipes in the place of processes. */
class StreamingServerTest {
    private static final StreamRequest.Streams STREAMS = new StreamRequest.Streams(true, true, false, false);
    private static final int LARGE = 10 << 20;

    private final EchoTargets targets = new EchoTargets();
    private EventLoop loop;
    private StreamingServer server;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        loop = EventLoop.start("test-streams");
        server = StreamingServer.start(
                new StreamingServer.Settings(
                        "127.0.0.1", 0, directory.resolve("s.sock"), Optional.empty(), Duration.ofMinutes(1)),
                targets,
                loop);
    }

    @AfterEach
    void stop() {
        server.close();
        loop.close();
    }

    private String exec() {
        return exec("cat");
    }

    private String exec(String command) {
        return server.grant(new StreamRequest.Exec("c", List.of(command), STREAMS))
                .orElseThrow();
    }

    /** The command that was begun for {@code exec()}. */
    private EchoTargets.Command begun() throws InterruptedException {
        while (true) {
            EchoTargets.Command command =
                    Objects.requireNonNull(targets.commands.poll(10, TimeUnit.SECONDS), "no command was begun");
            if (command.request() instanceof StreamRequest.Exec exec
                    && exec.command().equals(List.of("cat"))) {
                return command;
            }
        }
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(42).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"})
    void tenMegabytesThereAndBackOverSpdy(String protocol) throws Exception {
        byte[] sent = random(LARGE);
        try (SpdyClient client = new SpdyClient(exec(), protocol)) {
            assertThat(client.response().headers().get("X-Stream-Protocol-Version"))
                    .isEqualTo(protocol);
            SpdyClient.Stream error = client.open("streamtype", "error");
            SpdyClient.Stream stdin = client.open("streamtype", "stdin");
            SpdyClient.Stream stdout = client.open("streamtype", "stdout");
            for (int at = 0; at < LARGE; at += 32768) {
                client.send(stdin, Arrays.copyOfRange(sent, at, Math.min(LARGE, at + 32768)), false);
            }
            client.send(stdin, new byte[0], true);
            begun().exit().complete(7);
            assertThat(stdout.all()).isEqualTo(sent);
            String status = new String(error.all(), UTF_8);
            assertThat(status).contains("exit status 7");
            assertThat(status.startsWith("{")).isEqualTo(protocol.startsWith("v4"));
        }
    }

    @Test
    void tenMegabytesThereAndBackOverWebSocket() throws Exception {
        echoOverWebSocket();
    }

    private void echoOverWebSocket() throws Exception {
        byte[] sent = random(LARGE);
        try (WebSocketClient client = new WebSocketClient(exec(), "v5.channel.k8s.io")) {
            assertThat(client.protocol()).isEqualTo("v5.channel.k8s.io");
            for (int at = 0; at < LARGE; at += 32768) {
                client.send(0, Arrays.copyOfRange(sent, at, Math.min(LARGE, at + 32768)));
            }
            client.send(255, new byte[] {0});
            begun().exit().complete(0);
            assertThat(client.all(1)).isEqualTo(sent);
            assertThat(new String(client.all(3), UTF_8)).isEqualTo("{\"metadata\":{},\"status\":\"Success\"}");
        }
    }

    @Test
    void whoDoesNotReadHoldsNothingInMemory() throws Exception {
        try (SpdyClient client = new SpdyClient(exec(), "v4.channel.k8s.io")) {
            client.response();
            var _ = client.open("streamtype", "error");
            SpdyClient.Stream stdin = client.open("streamtype", "stdin");
            var _ = client.open("streamtype", "stdout");
            var _ = begun();
            client.stopReading();
            long before = used();
            byte[] piece = random(1 << 20);
            // 64 MiB offered; nobody takes them at the other end, so most must stay with the client.
            for (int i = 0; i < 64; i++) {
                client.send(stdin, piece, false);
            }
            Thread.sleep(2000);
            // All pieces are one array, so that what grows is what the server holds.
            assertThat(used() - before).isLessThan(24L << 20);
        }
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void aClientThatVanishesEndsItsCommand() throws Exception {
        EchoTargets.Command command;
        try (WebSocketClient _ = new WebSocketClient(exec(), "v4.channel.k8s.io")) {
            command = begun();
            assertThat(command.abandoned()).isNotDone();
        }
        command.abandoned().get(10, TimeUnit.SECONDS);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            unknown token      | GET /exec/nope         | Upgrade: SPDY/3.1 | X-Stream-Protocol-Version: v4.channel.k8s.io | 404
            another kind       | GET /attach/TOKEN      | Upgrade: SPDY/3.1 | X-Stream-Protocol-Version: v4.channel.k8s.io | 404
            no common protocol | GET /exec/TOKEN        | Upgrade: SPDY/3.1 | X-Stream-Protocol-Version: v9.channel.k8s.io | 403
            no upgrade         | GET /exec/TOKEN        | Accept: text/html | X: y                                         | 400
            other upgrade      | GET /exec/TOKEN        | Upgrade: h2c      | X: y                                         | 400
            no HTTP            | \u0001\u0002           | X: y              | X: y                                         | 400
            """)
    void whatIsNotGrantedIsRefused(String name, String request, String first, String second, int status)
            throws Exception {
        String url = exec();
        String token = url.substring(url.lastIndexOf('/') + 1);
        assertThat(answer(
                        url,
                        request.replace("TOKEN", token) + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" + first
                                + "\r\n" + second + "\r\n\r\n"))
                .as(name)
                .startsWith("HTTP/1.1 " + status);
        assertThat(targets.commands).isEmpty();
    }

    @Test
    void aTokenIsGoodOnce() throws Exception {
        String url = exec();
        try (WebSocketClient _ = new WebSocketClient(url, "v5.channel.k8s.io")) {
            var _ = begun();
        }
        assertThatThrownBy(() -> new WebSocketClient(url, "v5.channel.k8s.io"))
                .rootCause()
                .hasMessageContaining("404");
    }

    @Test
    void headersHaveAnEnd() throws Exception {
        String url = exec();
        assertThat(answer(url, "GET /exec/x HTTP/1.1\r\nA: " + "b".repeat(64 * 1024) + "\r\n\r\n"))
                .satisfiesAnyOf(
                        text -> assertThat(text).startsWith("HTTP/1.1 4"),
                        text -> assertThat(text).isEmpty());
    }

    @Test
    void tenThousandMalformedConversationsLeaveTheServerWell() throws Exception {
        Random random = new Random(20261125);
        int port = URI.create(exec()).getPort();
        long before = used();
        for (int i = 0; i < 10_000; i++) {
            byte[] noise = new byte[random.nextInt(300)];
            random.nextBytes(noise);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(10_000);
                switch (random.nextInt(3)) {
                    case 0 -> upgrade(socket, "Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n");
                    case 1 -> upgrade(socket, """
                                Upgrade: websocket\r
                                Sec-WebSocket-Version: 13\r
                                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                                Sec-WebSocket-Protocol: v5.channel.k8s.io\r
                                """);
                    default -> {} // no HTTP at all
                }
                socket.getOutputStream().write(noise);
            } catch (IOException e) {
                // It has closed before we had written all: just as well.
            }
        }
        assertThat(used() - before).isLessThan(32L << 20);
        echoOverWebSocket();
    }

    /** Gets a connection upgraded, which takes a token. */
    private void upgrade(Socket socket, String headers) throws IOException {
        String request = "GET " + URI.create(exec("noise")).getPath()
                + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" + headers + "\r\n";
        socket.getOutputStream().write(request.getBytes(UTF_8));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("closed after " + answer);
            }
            answer.append((char) next);
        }
        assertThat(answer.toString()).startsWith("HTTP/1.1 101");
    }

    private static String answer(String url, String text) throws Exception {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), URI.create(url).getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(text.getBytes(UTF_8));
            socket.shutdownOutput();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), UTF_8);
            }
        } catch (java.net.SocketException e) {
            return ""; // reset: refused before all of it was read
        }
    }

    @Test
    void portsAreForwardedOverSpdyManyAtOnce() throws Exception {
        byte[] sent = random(1 << 20);
        try (ServerSocket listener = echoServer()) {
            String port = Integer.toString(listener.getLocalPort());
            String url =
                    server.grant(new StreamRequest.PortForward("p", List.of())).orElseThrow();
            try (SpdyClient client = new SpdyClient(url, "portforward.k8s.io")) {
                client.response();
                SpdyClient.Stream[] data = new SpdyClient.Stream[20];
                SpdyClient.Stream[] errors = new SpdyClient.Stream[data.length];
                for (int i = 0; i < data.length; i++) {
                    String request = Integer.toString(i);
                    errors[i] = client.open("streamtype", "error", "port", port, "requestid", request);
                    data[i] = client.open("streamtype", "data", "port", port, "requestid", request);
                    client.send(data[i], sent, true);
                }
                for (int i = 0; i < data.length; i++) {
                    assertThat(data[i].all()).isEqualTo(sent);
                    assertThat(errors[i].all()).isEmpty();
                }
            }
        }
    }

    @Test
    void aPortWhereNobodyListensIsAnErrorOfItsConnectionAlone() throws Exception {
        int closed;
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = listener.getLocalPort();
        }
        String url = server.grant(new StreamRequest.PortForward("p", List.of(closed)))
                .orElseThrow();
        try (SpdyClient client = new SpdyClient(url, "portforward.k8s.io")) {
            client.response();
            String port = Integer.toString(closed);
            SpdyClient.Stream error = client.open("streamtype", "error", "port", port, "requestid", "0");
            var _ = client.open("streamtype", "data", "port", port, "requestid", "0");
            assertThat(new String(error.all(), UTF_8)).contains(port, "refused");
            assertThat(client.closed()).isNotDone();
        }
    }

    @Test
    void portsAreForwardedOverWebSocket() throws Exception {
        try (ServerSocket listener = echoServer()) {
            String url = server.grant(new StreamRequest.PortForward("p", List.of(listener.getLocalPort())))
                    .orElseThrow();
            try (WebSocketClient client = new WebSocketClient(url, "v4.channel.k8s.io")) {
                client.send(0, "hello".getBytes(UTF_8));
                for (int i = 0; i < 100 && client.soFar(0).length < 7; i++) {
                    Thread.sleep(50);
                }
                byte[] answer = client.soFar(0);
                assertThat((answer[0] & 0xff) | (answer[1] & 0xff) << 8).isEqualTo(listener.getLocalPort());
                assertThat(new String(answer, 2, answer.length - 2, UTF_8)).isEqualTo("hello");
                assertThat(client.soFar(1)).hasSize(2);
            }
        }
    }

    /** Gives back what it gets, until the client has said all. */
    private static ServerSocket echoServer() throws Exception {
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket client = listener.accept();
                    Thread.ofVirtual().start(() -> {
                        try (client) {
                            client.getInputStream().transferTo(client.getOutputStream());
                        } catch (IOException e) {
                            // the client has gone: its own test says whether it may
                        }
                    });
                } catch (IOException e) {
                    return; // closed by the test
                }
            }
        });
        return listener;
    }

    @Test
    void clientsOnTheUnixSocketNeedATokenToo(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("other.sock");
        try (StreamingServer _ = StreamingServer.start(
                new StreamingServer.Settings("127.0.0.1", 0, socket, Optional.empty(), Duration.ofMinutes(1)),
                targets,
                loop)) {
            try (java.nio.channels.SocketChannel client =
                    java.nio.channels.SocketChannel.open(java.net.UnixDomainSocketAddress.of(socket))) {
                client.write(UTF_8.encode("""
                        GET /exec/x HTTP/1.1\r
                        Connection: Upgrade\r
                        Upgrade: SPDY/3.1\r
                        X-Stream-Protocol-Version: v4.channel.k8s.io\r
                        \r
                        """));
                java.nio.ByteBuffer answer = java.nio.ByteBuffer.allocate(512);
                client.read(answer);
                answer.flip();
                assertThat(UTF_8.decode(answer).toString()).startsWith("HTTP/1.1 404");
            }
        }
    }
}
