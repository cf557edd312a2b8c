package dev.fairlead.streaming;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyHeaders;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Connections to a pod over SPDY, {@code portforward.k8s.io}: the client opens two streams for each, of type error and data, with the same
 * {@code requestID} and {@code port}.
 */
final class SpdyPortForward extends SpdyHandler {
    private static final int MAX_CONNECTIONS = 512;
    private static final int PORT_MAX = 65535;

    private final Channel channel;
    private final PortConnector connector;
    private final Map<String, Pair> requests = new HashMap<>();
    private final Map<Integer, Pair> byStream = new HashMap<>();
    private int paused;
    private @Nullable Pair completed;
    private boolean over;

    SpdyPortForward(Channel channel, PortConnector connector) {
        this.channel = channel;
        this.connector = connector;
    }

    @Override
    Optional<String> opened(int id, SpdyHeaders headers) {
        String type = String.valueOf(headers.getAsString("streamtype"));
        boolean data = type.equals("data");
        if (!data && !type.equals("error")) {
            return Optional.of("a stream of type \"" + type + "\"; a connection has error and data");
        }
        Optional<Integer> port = port(headers.getAsString("port"));
        if (port.isEmpty()) {
            return Optional.of("port \"" + headers.getAsString("port") + "\"; ports are 1 to " + PORT_MAX);
        }
        // Clients from before requestID open the error stream and right after it the data stream.
        String request = headers.getAsString("requestid");
        String key = request == null ? "stream-" + (data ? id - 2 : id) : request;
        Pair pair = requests.get(key);
        if (pair == null) {
            if (requests.size() >= MAX_CONNECTIONS) {
                return Optional.of("more than " + MAX_CONNECTIONS + " connections");
            }
            pair = new Pair(key, port.get());
            requests.put(key, pair);
        }
        if (data ? pair.dataId != 0 : pair.errorId != 0) {
            return Optional.of("a second " + type + " stream of request " + key);
        }
        pair.take(data, id);
        byStream.put(id, pair);
        completed = pair.isComplete() ? pair : null;
        return Optional.empty();
    }

    private static Optional<Integer> port(@Nullable String text) {
        if (text == null || !text.matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(text);
        return port >= 1 && port <= PORT_MAX ? Optional.of(port) : Optional.empty();
    }

    @Override
    void replied() {
        complete();
        Pair pair = completed;
        completed = null;
        if (pair != null) {
            connector.connect(channel, pair.port, socket -> pair.connection.connected(socket, channel), pair::fail);
        }
    }

    @Override
    void received(int id, byte[] data, boolean last) {
        Pair pair = byStream.get(id);
        if (pair == null || id != pair.dataId) {
            return; // clients close their half of the error stream at once
        }
        if (data.length > 0) {
            pair.connection.fromClient(data);
        }
        if (last) {
            pair.connection.clientEnded();
        }
    }

    @Override
    void reset(int id) {
        Pair pair = byStream.get(id);
        if (pair != null) {
            pair.forget();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (channel.isWritable()) {
            byStream.values().forEach(pair -> pair.connection.clientTakes());
        }
    }

    @Override
    void gone() {
        if (!over) {
            over = true;
            Map.copyOf(requests).values().forEach(Pair::forget);
        }
    }

    /** The two streams of a connection. */
    private final class Pair implements ForwardedConnection.Client {
        private final String key;
        private final int port;
        private final ForwardedConnection connection = new ForwardedConnection(this);
        private int dataId;
        private int errorId;
        private boolean ended;
        private boolean pausing;

        Pair(String key, int port) {
            this.key = key;
            this.port = port;
        }

        void take(boolean data, int id) {
            if (data) {
                dataId = id;
            } else {
                errorId = id;
            }
        }

        boolean isComplete() {
            return dataId != 0 && errorId != 0;
        }

        @Override
        public void send(ByteBuf data) {
            var _ = channel.writeAndFlush(new DefaultSpdyDataFrame(dataId, data));
        }

        @Override
        public void end() {
            if (!ended) {
                ended = true;
                write(dataId, Unpooled.EMPTY_BUFFER);
                write(errorId, Unpooled.EMPTY_BUFFER);
            }
        }

        @Override
        public void fail(String why) {
            if (!ended) {
                ended = true;
                String text = "port " + port + ": " + why;
                write(errorId, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
                write(dataId, Unpooled.EMPTY_BUFFER);
            }
            forget();
        }

        private void write(int id, ByteBuf data) {
            DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(id, data);
            frame.setLast(true);
            var _ = channel.writeAndFlush(frame);
        }

        @Override
        public void closed() {
            forget();
        }

        void forget() {
            pause(false);
            requests.remove(key);
            byStream.remove(dataId);
            byStream.remove(errorId);
            connection.close();
        }

        @Override
        public boolean takes() {
            return channel.isWritable();
        }

        /** One TCP connection carries all: it stops while anyone of them has more waiting than it may. */
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
