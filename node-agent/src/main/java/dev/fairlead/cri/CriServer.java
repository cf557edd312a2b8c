package dev.fairlead.cri;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The gRPC server on the UNIX socket: one NIO event loop, and a virtual thread for each call. */
public final class CriServer implements AutoCloseable {
    /** The kubelet's own limit for what it receives and sends. */
    private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private static final int GRACE_SECONDS = 5;

    private final Path socket;
    private final Server server;
    private final EventLoopGroup loop;
    private final ExecutorService calls;

    private CriServer(Path socket, Server server, EventLoopGroup loop, ExecutorService calls) {
        this.socket = socket;
        this.server = server;
        this.loop = loop;
        this.calls = calls;
    }

    /**
     * Listens on {@code socket}, for root alone.
     * @param interceptors that see each call
     * @throws IOException a living daemon has it already, or it cannot be made
     */
    public static CriServer start(Path socket, List<BindableService> services, List<ServerInterceptor> interceptors)
            throws IOException {
        Path directory = socket.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        refuseIfServed(socket);
        Files.deleteIfExists(socket);
        EventLoopGroup loop = new NioEventLoopGroup(1);
        ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioServerDomainSocketChannel::new)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .executor(calls);
        services.forEach(builder::addService);
        interceptors.forEach(builder::intercept);
        Server server = builder.build().start();
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw----"));
        return new CriServer(socket, server, loop, calls);
    }

    /**
     * Sees to it that no daemon serves {@code socket}. A file may be left of one that was killed; one that answers runs our pods.
     * @throws IOException somebody answers
     */
    public static void refuseIfServed(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException nobodyListens) {
            return;
        }
        throw new IOException(
                "socket " + socket + " is in use by a living daemon; stop that one, or choose another --socket");
    }

    /** Lets the calls that run end, for {@value #GRACE_SECONDS} seconds, then closes. Containers are not touched. */
    @Override
    public void close() throws IOException {
        try {
            if (!server.shutdown().awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
                server.shutdownNow();
            }
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        calls.shutdown();
        Files.deleteIfExists(socket);
    }
}
