package dev.fairlead.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection in a pod, joined with one of a client's. All of it runs on the client's connection's thread. Each direction reads only while the
 * other side takes: what is too much waits in the socket it comes from.
 */
final class ForwardedConnection extends ChannelInboundHandlerAdapter {
    /** Bytes that may wait for a slow server in a pod before its client's whole connection stops. */
    private static final WriteBufferWaterMark WAITING = new WriteBufferWaterMark(64 * 1024, 256 * 1024);

    private final Client client;
    private final List<byte[]> early = new ArrayList<>();
    private @Nullable NioSocketChannel pod;
    private boolean clientEnded;
    private boolean closed;

    /** The client's side of this connection. */
    interface Client {
        /** Sends what the pod said; {@code data} is the client's from now on. */
        void send(ByteBuf data);

        /** The pod will say no more. */
        void end();

        /** There is no connection; nothing is sent after this. */
        void fail(String why);

        /** The connection is over on both sides. */
        void closed();

        /** Whether what is sent goes out soon. */
        boolean takes();

        /** Stops or continues to read from the client. */
        void pause(boolean paused);
    }

    ForwardedConnection(Client client) {
        this.client = client;
    }

    /** Takes a connection that was made meanwhile; a client that has gone gets none. */
    void connected(SocketChannel socket, Channel parent) {
        NioSocketChannel channel = new NioSocketChannel(socket);
        if (closed) {
            var _ = channel.close();
            return;
        }
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        channel.config().setWriteBufferWaterMark(WAITING);
        channel.pipeline().addLast(this);
        pod = channel;
        var _ = parent.eventLoop().register(channel);
        early.forEach(this::toPod);
        early.clear();
        if (clientEnded) {
            var _ = channel.shutdownOutput();
        }
    }

    /** Takes what the client said. */
    void fromClient(byte[] data) {
        if (pod != null) {
            toPod(data);
        } else if (!closed) {
            early.add(data);
            client.pause(true); // until the pod has answered
        }
    }

    private void toPod(byte[] data) {
        if (pod != null && pod.isActive() && !pod.isOutputShutdown()) {
            var _ = pod.writeAndFlush(Unpooled.wrappedBuffer(data));
            client.pause(!pod.isWritable());
        }
    }

    /** The client will say no more. */
    void clientEnded() {
        clientEnded = true;
        if (pod != null) {
            var _ = pod.shutdownOutput();
        }
    }

    /** The client has gone, or takes no more. */
    void close() {
        closed = true;
        early.clear();
        if (pod != null) {
            var _ = pod.close();
        }
    }

    /** The client takes again. */
    void clientTakes() {
        if (pod != null) {
            pod.config().setAutoRead(true);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        client.pause(false);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        client.send((ByteBuf) message);
        if (!client.takes()) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        client.pause(!ctx.channel().isWritable());
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            client.end();
            if (clientEnded) {
                var _ = ctx.close();
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        client.pause(false);
        if (!closed) {
            closed = true;
            client.end();
            client.closed();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!closed && cause instanceof IOException) {
            client.fail("the connection to the pod broke: " + cause.getMessage());
        }
        var _ = ctx.close();
    }
}
