package dev.fairlead.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Connections to a pod over WebSocket, {@code v4.channel.k8s.io}: for the nth port of the request, channel 2n has its bytes and 2n+1 what went
 * wrong. We say first, on each, which port it is.
 */
final class WebSocketPortForward extends SimpleChannelInboundHandler<WebSocketFrame> {
    private static final System.Logger LOG = System.getLogger(WebSocketPortForward.class.getName());
    private static final int NORMAL = 1000;

    private final Channel channel;
    private final List<Port> ports = new ArrayList<>();
    private int paused;
    private int open;

    /** Takes an upgraded connection. */
    WebSocketPortForward(Channel channel, List<Integer> wanted) {
        this.channel = channel;
        for (int i = 0; i < wanted.size(); i++) {
            ports.add(new Port(i, wanted.get(i)));
        }
        open = ports.size();
    }

    /** Tells the client the channels, and connects. */
    void begin(PortConnector connector) {
        for (Port port : ports) {
            for (int channelNumber : new int[] {port.dataChannel(), port.errorChannel()}) {
                ByteBuf number = Unpooled.buffer(2);
                number.writeShortLE(port.number);
                port.write(channelNumber, number);
            }
            connector.connect(channel, port.number, socket -> port.connection.connected(socket, channel), port::fail);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        switch (frame) {
            case PingWebSocketFrame ping -> {
                var _ = ctx.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
            }
            case PongWebSocketFrame _ -> {}
            case CloseWebSocketFrame _ -> {
                var _ = ctx.close();
            }
            default -> receive(ctx, frame.content());
        }
    }

    private void receive(ChannelHandlerContext ctx, ByteBuf message) {
        if (!message.isReadable()) {
            return;
        }
        int number = message.readUnsignedByte();
        if (number % 2 != 0 || number / 2 >= ports.size()) {
            LOG.log(System.Logger.Level.DEBUG, () -> "a WebSocket client wrote to channel " + number);
            var _ = ctx.close();
            return;
        }
        if (message.isReadable()) {
            ports.get(number / 2).connection.fromClient(Connections.bytes(message));
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            ports.forEach(port -> port.connection.clientTakes());
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        ports.forEach(port -> port.connection.close());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Connections.logFailure(LOG, cause);
        var _ = ctx.close();
    }

    /** One port, and its two channels. */
    private final class Port implements ForwardedConnection.Client {
        private final int index;
        private final int number;
        private final ForwardedConnection connection = new ForwardedConnection(this);
        private boolean over;
        private boolean pausing;

        Port(int index, int number) {
            this.index = index;
            this.number = number;
        }

        int dataChannel() {
            return 2 * index;
        }

        int errorChannel() {
            return 2 * index + 1;
        }

        void write(int to, ByteBuf data) {
            ByteBuf first = Unpooled.wrappedBuffer(new byte[] {(byte) to});
            var _ = channel.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(first, data)));
        }

        @Override
        public void send(ByteBuf data) {
            write(dataChannel(), data);
        }

        /** This protocol has no end of one channel: when the last port is done, the connection is. */
        @Override
        public void end() {
            if (!over) {
                over = true;
                open--;
                if (open == 0) {
                    Connections.closeBehind(channel.writeAndFlush(new CloseWebSocketFrame(NORMAL, "")));
                }
            }
        }

        @Override
        public void fail(String why) {
            write(errorChannel(), Unpooled.copiedBuffer("port " + number + ": " + why, StandardCharsets.UTF_8));
            end();
            connection.close();
        }

        @Override
        public void closed() {
            end();
        }

        @Override
        public boolean takes() {
            return channel.isWritable();
        }

        @Override
        public void pause(boolean wanted) {
            if (pausing != wanted) {
                pausing = wanted;
                paused += wanted ? 1 : -1;
                channel.config().setAutoRead(paused == 0);
            }
        }
    }
}
