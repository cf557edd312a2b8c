package dev.fairlead.selftest;

import dev.fairlead.cri.CriServer;
import dev.fairlead.cri.v1.RuntimeServiceGrpc;
import dev.fairlead.cri.v1.VersionRequest;
import dev.fairlead.monitoring.DaemonFigures;
import dev.fairlead.monitoring.HealthCheck;
import dev.fairlead.monitoring.ListenAddress;
import dev.fairlead.monitoring.MonitoringServer;
import dev.fairlead.selftest.SelfTest.Step;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.interfaces.DBus;

/** Protocols, spoken with ourselves. */
final class WireSteps {
    private static final int ANSWER_SECONDS = 10;

    private WireSteps() {}

    static List<Step> steps() {
        return List.of(
                new Step("gRPC on a UNIX socket", WireSteps::grpc),
                new Step("SPDY", WireSteps::spdy),
                new Step("WebSocket", WireSteps::webSocket),
                new Step("metrics", WireSteps::metrics),
                new Step("TLS", WireSteps::tls),
                new Step("Kubernetes client", WireSteps::kubernetes),
                new Step("D-Bus", WireSteps::dbus));
    }

    /** What is to be done in a directory that is removed afterwards. */
    private interface InDirectory {
        void run(Path directory) throws Exception;
    }

    private static void inDirectory(InDirectory action) throws Exception {
        Path directory = Files.createTempDirectory("fairlead-check");
        try {
            action.run(directory);
        } finally {
            TemporaryFiles.remove(directory);
        }
    }

    private static void grpc() throws Exception {
        inDirectory(directory -> {
            Path socket = directory.resolve("socket");
            EventLoopGroup loop = new NioEventLoopGroup(1);
            ManagedChannel channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                    .eventLoopGroup(loop)
                    .channelFactory(NioDomainSocketChannel::new)
                    .usePlaintext()
                    .build();
            try (CriServer _ = CriServer.start(socket, List.of(), List.of())) {
                var answer = RuntimeServiceGrpc.newBlockingStub(channel)
                        .withDeadlineAfter(ANSWER_SECONDS, TimeUnit.SECONDS)
                        .version(VersionRequest.getDefaultInstance());
                throw new IllegalStateException("a server without services answers " + answer);
            } catch (StatusRuntimeException e) {
                SelfTest.require(e.getStatus().getCode() == Status.Code.UNIMPLEMENTED, e.toString());
            } finally {
                channel.shutdownNow();
                var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            }
        });
    }

    private static void spdy() {
        EmbeddedChannel client = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
        EmbeddedChannel server = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
        DefaultSpdySynStreamFrame stream = new DefaultSpdySynStreamFrame(1, 0, (byte) 0);
        stream.headers().add("streamtype", "stdin");
        client.writeOutbound(stream);
        for (ByteBuf part = client.readOutbound(); part != null; part = client.readOutbound()) {
            server.writeInbound(part);
        }
        SpdySynStreamFrame read = server.readInbound();
        SelfTest.require(
                read != null && "stdin".contentEquals(read.headers().get("streamtype")), "it is read as " + read);
        client.finishAndReleaseAll();
        server.finishAndReleaseAll();
    }

    private static void webSocket() {
        EmbeddedChannel client = new EmbeddedChannel(new WebSocket13FrameEncoder(true));
        EmbeddedChannel server = new EmbeddedChannel(
                new WebSocket13FrameDecoder(WebSocketDecoderConfig.newBuilder().build()));
        client.writeOutbound(new BinaryWebSocketFrame(Unpooled.copiedBuffer("text", StandardCharsets.UTF_8)));
        for (ByteBuf part = client.readOutbound(); part != null; part = client.readOutbound()) {
            server.writeInbound(part);
        }
        BinaryWebSocketFrame read = server.readInbound();
        SelfTest.require(
                read != null && read.content().toString(StandardCharsets.UTF_8).equals("text"),
                "it is read as " + read);
        client.finishAndReleaseAll();
        server.finishAndReleaseAll();
    }

    private static void metrics() throws Exception {
        inDirectory(directory -> {
            Path socket = directory.resolve("socket");
            HealthCheck check = new HealthCheck("SelfTest", () -> Optional.of("down, to be seen"));
            try (DaemonFigures figures = new DaemonFigures("check");
                    MonitoringServer _ =
                            MonitoringServer.start(new ListenAddress.Unix(socket), figures, () -> "", List.of(check))) {
                SelfTest.require(figures.calls() != null, "calls are not counted");
                SelfTest.require(
                        get(socket, "/metrics").contains("fairlead_info{version=\"check\"} 1"),
                        "the version is missing");
                SelfTest.require(get(socket, "/health").contains("down, to be seen"), "the check is missing");
            }
        });
    }

    private static String get(Path socket, String path) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request = "GET " + path + " HTTP/1.1\r\nHost: self\r\nConnection: close\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void tls() throws GeneralSecurityException {
        List<String> protocols =
                Arrays.asList(SSLContext.getDefault().createSSLEngine().getEnabledProtocols());
        SelfTest.require(protocols.contains("TLSv1.3"), "enabled are " + protocols);
    }

    /** Asks an API server that knows one pod. */
    private static void kubernetes() throws Exception {
        String pod = new KubernetesSerialization()
                .asJson(new PodBuilder()
                        .withNewMetadata()
                        .withName("web")
                        .withNamespace("default")
                        .endMetadata()
                        .build());
        try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            listening.setSoTimeout(ANSWER_SECONDS * 1000);
            Thread server = Thread.ofVirtual().start(() -> answer(listening, pod));
            Config config = new ConfigBuilder(Config.empty())
                    .withMasterUrl("http://127.0.0.1:" + listening.getLocalPort())
                    .withRequestTimeout(ANSWER_SECONDS * 1000)
                    .withRequestRetryBackoffLimit(0)
                    .build();
            try (KubernetesClient client = new KubernetesClientBuilder()
                    .withConfig(config)
                    .withHttpClientFactory(new JdkHttpClientFactory())
                    .build()) {
                var read = client.pods().inNamespace("default").withName("web").get();
                SelfTest.require(
                        read != null && read.getMetadata().getName().equals("web"), "the pod is read as " + read);
            } finally {
                server.join();
            }
        }
    }

    private static void answer(ServerSocket listening, String body) {
        try (Socket client = listening.accept()) {
            InputStream in = client.getInputStream();
            for (int newlines = 0; newlines < 2; ) {
                int next = in.read();
                newlines = next == '\n' ? newlines + 1 : next == '\r' ? newlines : next < 0 ? 2 : 0;
            }
            byte[] content = body.getBytes(StandardCharsets.UTF_8);
            client.getOutputStream()
                    .write(("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + content.length
                                    + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            client.getOutputStream().write(content);
        } catch (IOException e) {
            System.getLogger(WireSteps.class.getName()).log(System.Logger.Level.DEBUG, "nobody asked", e);
        }
    }

    /** There may be no bus; whether its classes are there shows in how it fails. */
    private static void dbus() throws Exception {
        Class<?>[] bus = {DBus.class};
        SelfTest.require(
                Proxy.newProxyInstance(DBus.class.getClassLoader(), bus, (_, _, _) -> null) instanceof DBus,
                "no proxy");
        inDirectory(directory -> {
            try (var connection = DBusConnectionBuilder.forAddress("unix:path=" + directory.resolve("no-bus"))
                    .withShared(false)
                    .transportConfig()
                    .withTimeout(1)
                    .back()
                    .build()) {
                throw new IllegalStateException("there is a bus: " + connection);
            } catch (DBusException e) {
                Throwable cause = e;
                while (cause.getCause() != null) {
                    cause = cause.getCause();
                }
                SelfTest.require(cause instanceof IOException, "it failed otherwise than by a missing socket: " + e);
            }
        });
    }
}
