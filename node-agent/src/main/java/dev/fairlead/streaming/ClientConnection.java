package dev.fairlead.streaming;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler.ClientHandshakeStateEvent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import java.io.IOException;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The client's end: a WebSocket over the daemon's UNIX socket, in whose messages the first byte names a channel. */
final class ClientConnection implements AutoCloseable {
    private static final int MESSAGE_MAX = 1 << 20;
    private static final int ANSWER_MAX = 8 * 1024;

    private final Channel channel;
    private final CompletableFuture<Void> closed;

    /** What comes; called on the connection's thread, which reads no further until a call returns. */
    interface Receiver {
        /**
         * A message.
         * @param data valid during the call
         * @throws IOException it cannot be passed on: ends the connection
         */
        void message(int channel, ByteBuf data) throws IOException;
    }

    private ClientConnection(Channel channel, CompletableFuture<Void> closed) {
        this.channel = channel;
        this.closed = closed;
    }

    /**
     * Connects and upgrades.
     * @param group one thread or more; borrowed
     * @param url as CRI gave it: its path is what counts, as the socket is the same server's
     * @throws IOException nobody listens, or the server refuses; the message says why
     */
    static ClientConnection open(EventLoopGroup group, Path socket, String url, String protocol, Receiver receiver)
            throws IOException, InterruptedException {
        CompletableFuture<Void> upgraded = new CompletableFuture<>();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder()
                .webSocketUri(URI.create("ws://localhost" + URI.create(url).getPath()))
                .subprotocol(protocol)
                .maxFramePayloadLength(MESSAGE_MAX)
                .build();
        var connected = new Bootstrap()
                .group(group)
                .channelFactory(NioDomainSocketChannel::new)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(
                                        new HttpClientCodec(),
                                        new HttpObjectAggregator(ANSWER_MAX),
                                        new WebSocketClientProtocolHandler(config),
                                        new WebSocketFrameAggregator(MESSAGE_MAX),
                                        new Handler(receiver, upgraded, closed));
                    }
                })
                .connect(UnixDomainSocketAddress.of(socket))
                .await();
        if (!connected.isSuccess()) {
            throw new IOException(
                    "the daemon's streams at " + socket + ": "
                            + connected.cause().getMessage(),
                    connected.cause());
        }
        try {
            upgraded.get();
        } catch (ExecutionException e) {
            var _ = connected.channel().close();
            IOException why = cause(e);
            throw new IOException("the daemon's streams at " + socket + ": " + why.getMessage(), why);
        }
        return new ClientConnection(connected.channel(), closed);
    }

    /** Sends a message; returns when the kernel has taken it, so that a slow daemon slows the sender and nothing piles up here. */
    void send(int number, byte[] data, int length) throws IOException, InterruptedException {
        ByteBuf message = Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(new byte[] {(byte) number}), Unpooled.wrappedBuffer(data, 0, length));
        var sent = channel.writeAndFlush(new BinaryWebSocketFrame(message)).await();
        if (!sent.isSuccess()) {
            throw new IOException("the daemon has closed the stream", sent.cause());
        }
    }

    /** Waits until the connection is closed, and throws what closed it, if it was a failure. */
    void awaitClose() throws IOException, InterruptedException {
        try {
            closed.get();
        } catch (ExecutionException e) {
            throw cause(e);
        }
    }

    private static IOException cause(ExecutionException e) {
        return e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    }

    boolean isClosed() {
        return closed.isDone();
    }

    @Override
    public void close() {
        var _ = channel.close();
    }

    private static final class Handler extends SimpleChannelInboundHandler<WebSocketFrame> {
        private final Receiver receiver;
        private final CompletableFuture<Void> upgraded;
        private final CompletableFuture<Void> closed;

        Handler(Receiver receiver, CompletableFuture<Void> upgraded, CompletableFuture<Void> closed) {
            this.receiver = receiver;
            this.upgraded = upgraded;
            this.closed = closed;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (event == ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
                upgraded.complete(null);
            } else if (event == ClientHandshakeStateEvent.HANDSHAKE_TIMEOUT) {
                upgraded.completeExceptionally(new IOException("no answer to the upgrade"));
            }
            super.userEventTriggered(ctx, event);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) throws IOException {
            ByteBuf content = frame.content();
            if (frame instanceof BinaryWebSocketFrame && content.isReadable()) {
                receiver.message(content.readUnsignedByte(), content);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            upgraded.completeExceptionally(new IOException("closed before the upgrade"));
            closed.complete(null);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            upgraded.completeExceptionally(cause);
            closed.completeExceptionally(cause);
            var _ = ctx.close();
        }
    }
}
