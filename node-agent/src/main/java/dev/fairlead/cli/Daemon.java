package dev.fairlead.cli;

import dev.fairlead.admin.v1.AdminGrpc;
import dev.fairlead.cri.v1.ImageServiceGrpc;
import dev.fairlead.cri.v1.RuntimeServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A connection to a daemon: CRI and our own calls, on one socket. */
final class Daemon implements AutoCloseable {
    /** As the kubelet allows; a listing of many pods is long. */
    private static final int MAX_MESSAGE_BYTES = 16 << 20;

    private final EventLoopGroup loop;
    private final ManagedChannel channel;

    private Daemon(EventLoopGroup loop, ManagedChannel channel) {
        this.loop = loop;
        this.channel = channel;
    }

    /** @throws CliException where there is no socket; that nobody listens on it shows at the first call */
    static Daemon connect(Path socket) {
        if (!Files.exists(socket)) {
            throw new CliException(ExitCodes.NO_DAEMON, noDaemon(socket));
        }
        EventLoopGroup loop = new NioEventLoopGroup(1);
        ManagedChannel channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioDomainSocketChannel::new)
                .eventLoopGroup(loop)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .usePlaintext()
                .build();
        return new Daemon(loop, channel);
    }

    RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel);
    }

    ImageServiceGrpc.ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel);
    }

    AdminGrpc.AdminBlockingStub admin() {
        return AdminGrpc.newBlockingStub(channel);
    }

    static String noDaemon(Path socket) {
        return "no daemon listens on " + socket + "\n"
                + "start one with: fairlead serve    (or name another socket by --socket or FAIRLEAD_SOCKET)";
    }

    @Override
    public void close() {
        channel.shutdownNow();
        // Quietly in the background: the process ends anyway, and a quiet period would be felt.
        var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
