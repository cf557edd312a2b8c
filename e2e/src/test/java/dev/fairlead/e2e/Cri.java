package dev.fairlead.e2e;

import dev.fairlead.cri.v1.AuthConfig;
import dev.fairlead.cri.v1.ImageServiceGrpc;
import dev.fairlead.cri.v1.ImageServiceGrpc.ImageServiceBlockingStub;
import dev.fairlead.cri.v1.ImageSpec;
import dev.fairlead.cri.v1.PullImageRequest;
import dev.fairlead.cri.v1.RemoveImageRequest;
import dev.fairlead.cri.v1.RuntimeServiceGrpc;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceBlockingStub;
import dev.fairlead.cri.v1.RuntimeServiceGrpc.RuntimeServiceStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A client of the container runtime interface. Calls wait for a daemon that is just starting, and none waits for ever. */
public final class Cri implements AutoCloseable {
    private static final long DEADLINE_SECONDS = 120;
    private static final int LARGEST_MESSAGE = 16 << 20; // the kubelet's limit

    private final EventLoopGroup loop = new NioEventLoopGroup(1);
    private final ManagedChannel channel;

    public Cri(Path socket) {
        channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(NioDomainSocketChannel::new)
                .eventLoopGroup(loop)
                .maxInboundMessageSize(LARGEST_MESSAGE)
                .usePlaintext()
                .build();
    }

    public RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel)
                .withWaitForReady()
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** For streams, which have no end by themselves: whoever makes one cancels it. */
    public RuntimeServiceStub streams() {
        return RuntimeServiceGrpc.newStub(channel).withWaitForReady();
    }

    public ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel)
                .withWaitForReady()
                .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Pulls {@code image}, without credentials; returns the reference to give to containers. */
    public String pull(String image) {
        return pull(image, AuthConfig.getDefaultInstance());
    }

    public String pull(String image, AuthConfig auth) {
        PullImageRequest.Builder request =
                PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(image));
        if (!auth.equals(AuthConfig.getDefaultInstance())) {
            request.setAuth(auth);
        }
        return images().pullImage(request.build()).getImageRef();
    }

    public void removeImage(String image) {
        images().removeImage(RemoveImageRequest.newBuilder()
                .setImage(ImageSpec.newBuilder().setImage(image))
                .build());
    }

    /** The daemon was started again: do not sit out the pause after the attempts that failed meanwhile. */
    public void reconnect() {
        channel.resetConnectBackoff();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = loop.shutdownGracefully();
    }
}
