package dev.fairlead.monitoring;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Serves {@code /metrics}, {@code /metrics/cadvisor}, {@code /health/live} and {@code /health/ready}. */
public final class MonitoringServer implements AutoCloseable {
    private static final int BODY_MAX = 8 * 1024;
    private static final int IDLE_SECONDS = 120;

    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final ListenAddress address;

    private MonitoringServer(ListenAddress address) {
        this.address = address;
    }

    /**
     * Listens.
     * @param containers the metrics of containers and pods, under cAdvisor's names
     * @param checks all of which must be right for {@code /health/ready}
     * @throws IOException the address is taken, or not one of this host
     */
    public static MonitoringServer start(
            ListenAddress address, DaemonFigures figures, MetricsSource containers, List<HealthCheck> checks)
            throws IOException {
        MonitoringServer server = new MonitoringServer(address);
        try {
            server.listen(new MonitoringHandler(figures, containers, checks));
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private void listen(MonitoringHandler handler) throws IOException {
        switch (address) {
            case ListenAddress.Tcp _ -> bind(NioServerSocketChannel::new, handler);
            case ListenAddress.Unix(Path file) -> {
                Files.deleteIfExists(file);
                bind(NioServerDomainSocketChannel::new, handler);
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    private void bind(ChannelFactory<ServerChannel> channels, MonitoringHandler handler) throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .channelFactory(channels)
                .group(group)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new ReadTimeoutHandler(IDLE_SECONDS),
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(BODY_MAX),
                                        handler);
                    }
                })
                .bind(address.toSocketAddress())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "metrics cannot be served on " + address + ": "
                            + bound.cause().getMessage() + "; choose another address with --metrics",
                    bound.cause());
        }
    }

    @Override
    public void close() throws IOException {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        if (address instanceof ListenAddress.Unix(Path file)) {
            Files.deleteIfExists(file);
        }
    }
}
