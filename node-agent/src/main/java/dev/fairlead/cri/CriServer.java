package dev.fairlead.cri;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The gRPC server on the UNIX socket: one NIO event loop, and a virtual thread for each call. */
@ApplicationScoped
public class CriServer {
    @Inject
    RuntimeCalls runtime;

    @Inject
    ImageCalls images;

    private Server server;
    private EventLoopGroup loop;
    private ExecutorService calls;

    public void start(Path socket) throws IOException {
        Path directory = socket.toAbsolutePath().getParent();
        Files.createDirectories(directory);
        Files.deleteIfExists(socket);
        loop = new NioEventLoopGroup(1);
        calls = Executors.newVirtualThreadPerTaskExecutor();
        server = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioServerDomainSocketChannel::new)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .executor(calls)
                .addService(runtime)
                .addService(images)
                .build()
                .start();
    }

    public void stop() throws InterruptedException {
        server.shutdown().awaitTermination(5, TimeUnit.SECONDS);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2, TimeUnit.SECONDS);
        calls.shutdown();
    }
}
