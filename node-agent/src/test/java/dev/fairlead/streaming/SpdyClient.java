package dev.fairlead.streaming;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What kubectl is to the streaming server, as far as the tests need it: streams without flow control. */
final class SpdyClient implements AutoCloseable {
    private final EventLoopGroup group = new NioEventLoopGroup(1);
    private final Map<Integer, Stream> streams = new ConcurrentHashMap<>();
    private final CompletableFuture<FullHttpResponse> upgraded = new CompletableFuture<>();
    private final Channel channel;
    private int lastId = -1;

    /** One stream: what came, and that it ended. */
    static final class Stream {
        final int id;
        final CompletableFuture<Void> replied = new CompletableFuture<>();
        final CompletableFuture<byte[]> ended = new CompletableFuture<>();
        private final ByteArrayOutputStream data = new ByteArrayOutputStream();

        Stream(int id) {
            this.id = id;
        }

        byte[] all() throws Exception {
            return ended.get(30, TimeUnit.SECONDS);
        }
    }

    SpdyClient(String url, String... protocols) throws Exception {
        URI uri = URI.create(url);
        channel = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(65536), new Upgraded());
                    }
                })
                .connect(uri.getHost(), uri.getPort())
                .sync()
                .channel();
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, uri.getPath());
        request.headers()
                .set("Host", uri.getAuthority())
                .set("Connection", "Upgrade")
                .set("Upgrade", "SPDY/3.1")
                .set("Content-Length", 0);
        for (String protocol : protocols) {
            request.headers().add("X-Stream-Protocol-Version", protocol);
        }
        channel.writeAndFlush(request).sync();
    }

    /** The answer to the upgrade. */
    FullHttpResponse response() throws Exception {
        return upgraded.get(10, TimeUnit.SECONDS);
    }

    /** Opens a stream with headers, name and value in turn, and waits for the reply. */
    Stream open(String... headers) throws Exception {
        lastId += 2;
        Stream stream = new Stream(lastId);
        streams.put(lastId, stream);
        DefaultSpdySynStreamFrame syn = new DefaultSpdySynStreamFrame(lastId, 0, (byte) 0);
        for (int i = 0; i < headers.length; i += 2) {
            syn.headers().add(headers[i], headers[i + 1]);
        }
        channel.writeAndFlush(syn).sync();
        stream.replied.get(10, TimeUnit.SECONDS);
        return stream;
    }

    void send(Stream stream, byte[] data, boolean last) {
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream.id, Unpooled.wrappedBuffer(data));
        frame.setLast(last);
        var _ = channel.writeAndFlush(frame);
    }

    /** Lets what the server sends wait in the socket. */
    void stopReading() {
        channel.config().setAutoRead(false);
    }

    private Stream stream(int id) {
        return Objects.requireNonNull(streams.get(id), () -> "the server speaks of stream " + id);
    }

    CompletableFuture<Void> closed() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        var _ = channel.closeFuture().addListener(_ -> future.complete(null));
        return future;
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        var _ = group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private final class Upgraded extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof FullHttpResponse response) {
                if (response.status().code() == 101) {
                    ctx.pipeline().addLast(new SpdyFrameCodec(SpdyVersion.SPDY_3_1), new Frames());
                    ctx.pipeline().remove(HttpObjectAggregator.class);
                    ctx.pipeline().remove(this);
                    ctx.pipeline().remove(HttpClientCodec.class);
                }
                upgraded.complete(response);
            } else {
                ReferenceCountUtil.release(message);
            }
        }
    }

    private final class Frames extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            try {
                switch (message) {
                    case SpdySynReplyFrame reply ->
                        stream(reply.streamId()).replied.complete(null);
                    case SpdyRstStreamFrame reset ->
                        stream(reset.streamId())
                                .replied
                                .completeExceptionally(new IllegalStateException("refused: " + reset.status()));
                    case SpdyDataFrame frame -> {
                        Stream stream = stream(frame.streamId());
                        stream.data.writeBytes(ByteBufUtil.getBytes(frame.content()));
                        if (frame.isLast()) {
                            stream.ended.complete(stream.data.toByteArray());
                        }
                    }
                    default -> {}
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }
    }
}
