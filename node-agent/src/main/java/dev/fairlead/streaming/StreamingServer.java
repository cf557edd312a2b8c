package dev.fairlead.streaming;

import dev.fairlead.linux.EventLoop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Listens for those who were given a URL by CRI's Exec, Attach or PortForward. */
public final class StreamingServer implements AutoCloseable {
    private static final int REQUEST_LINE_MAX = 4096;
    private static final int HEADERS_MAX = 16 * 1024;
    private static final int BODY_MAX = 8 * 1024;

    private final Tokens tokens = new Tokens(InstantSource.system());
    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final StreamTargets targets;
    private final EventLoop loop;
    private final Settings settings;
    private final Optional<SslContext> tls;
    private String base = "";

    /**
     * Where and how to listen.
     *
     * @param address of this host, as clients reach it; the kubelet is on the same host, so loopback is enough
     * @param port 0: any that is free
     * @param socket a UNIX socket beside it, for root alone
     * @param tls certificate and key in PEM; empty: plain HTTP, which loopback may have
     * @param idle a connection on which nothing happens for so long is closed
     */
    public record Settings(String address, int port, Path socket, Optional<Tls> tls, Duration idle) {}

    /** Files in PEM. */
    public record Tls(Path certificates, Path key) {}

    private StreamingServer(Settings settings, StreamTargets targets, EventLoop loop) throws IOException {
        this.settings = settings;
        this.targets = targets;
        this.loop = loop;
        tls = settings.tls().isPresent() ? Optional.of(context(settings.tls().get())) : Optional.empty();
    }

    /**
     * Listens.
     * @param loop on which descriptors are read and written; borrowed
     * @throws IOException the address is taken, or not one of this host
     */
    public static StreamingServer start(Settings settings, StreamTargets targets, EventLoop loop) throws IOException {
        StreamingServer server = new StreamingServer(settings, targets, loop);
        try {
            server.listen();
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    private static SslContext context(Tls files) throws IOException {
        try {
            return SslContextBuilder.forServer(
                            files.certificates().toFile(), files.key().toFile())
                    .build();
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(
                    "streaming certificate " + files.certificates() + " with key " + files.key()
                            + ": PEM files, the key PKCS#8 and unencrypted, are wanted: " + e.getMessage(),
                    e);
        }
    }

    private void listen() throws IOException {
        Channel tcp = bind(
                new ServerBootstrap()
                        .channelFactory(NioServerSocketChannel::new)
                        .childOption(ChannelOption.TCP_NODELAY, true),
                new InetSocketAddress(settings.address(), settings.port()),
                tls);
        Files.deleteIfExists(settings.socket());
        var _ = bind(
                new ServerBootstrap().channelFactory(NioServerDomainSocketChannel::new),
                UnixDomainSocketAddress.of(settings.socket()),
                Optional.empty());
        Files.setPosixFilePermissions(settings.socket(), PosixFilePermissions.fromString("rw-------"));
        int port = ((InetSocketAddress) tcp.localAddress()).getPort();
        String host = settings.address().contains(":") ? "[" + settings.address() + "]" : settings.address();
        base = (tls.isPresent() ? "https://" : "http://") + host + ":" + port + "/";
    }

    private Channel bind(ServerBootstrap bootstrap, SocketAddress address, Optional<SslContext> security)
            throws IOException {
        var bound = bootstrap
                .group(group)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, false)
                .childHandler(new Initializer(security))
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "the streaming server cannot listen on " + address + ": "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        var _ = open.add(bound.channel());
        return bound.channel();
    }

    /** The UNIX socket of the streams of a daemon whose CRI socket is {@code cri}: the same directory, so that who finds one finds both. */
    public static Path socketBeside(Path cri) {
        return cri.resolveSibling(cri.getFileName() + ".streams");
    }

    /**
     * Grants a request: whoever comes with the URL within a minute gets it.
     * @return empty: too many have not come for theirs
     */
    public Optional<String> grant(StreamRequest request) {
        return tokens.issue(request).map(token -> base + request.path() + "/" + token);
    }

    /** Ends the connections, and with them the commands that were run for them. */
    @Override
    public void close() {
        var _ = open.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    private final class Initializer extends ChannelInitializer<Channel> {
        private final Optional<SslContext> security;

        Initializer(Optional<SslContext> security) {
            this.security = security;
        }

        @Override
        protected void initChannel(Channel channel) {
            open.add(channel);
            security.ifPresent(context -> channel.pipeline().addLast(context.newHandler(channel.alloc())));
            channel.pipeline()
                    .addLast(
                            new IdleStateHandler(0, 0, settings.idle().toMillis(), TimeUnit.MILLISECONDS),
                            new IdleCloser(),
                            new HttpServerCodec(REQUEST_LINE_MAX, HEADERS_MAX, BODY_MAX),
                            new HttpObjectAggregator(BODY_MAX),
                            new UpgradeHandler(tokens, targets, loop));
        }
    }

    /** Closes what is idle. */
    @ChannelHandler.Sharable
    private static final class IdleCloser extends ChannelInboundHandlerAdapter {
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof IdleStateEvent) {
                var _ = ctx.close();
            } else {
                ctx.fireUserEventTriggered(event);
            }
        }
    }
}
