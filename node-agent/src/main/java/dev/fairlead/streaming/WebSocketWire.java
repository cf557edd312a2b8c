package dev.fairlead.streaming;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A process' streams in WebSocket messages (kubernetes, remotecommand): the first byte of each names its stream. {@code v5.channel.k8s.io} adds
 * message 255, the end of the stream that its second byte names.
 */
final class WebSocketWire extends SimpleChannelInboundHandler<WebSocketFrame> implements Wire {
    private static final System.Logger LOG = System.getLogger(WebSocketWire.class.getName());
    private static final int CLOSE_STREAM = 255;
    private static final int NORMAL = 1000;
    private static final int PROTOCOL_ERROR = 1002;

    private final Channel channel;
    private final boolean closesStreams;
    private final boolean statusAsJson;
    private final Listener listener;
    private final AtomicBoolean finished = new AtomicBoolean();
    private boolean told;

    /**
     * Speaks on an upgraded connection.
     * @param protocol one of {@link Protocols#WEBSOCKET}
     * @param session makes the listener of this wire
     */
    WebSocketWire(Channel channel, String protocol, Function<Wire, Listener> session) {
        this.channel = channel;
        closesStreams = protocol.equals(Protocols.V5);
        statusAsJson = !protocol.equals(Protocols.V1) && !protocol.isEmpty();
        listener = session.apply(this);
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
            case BinaryWebSocketFrame message -> receive(message.content());
            case TextWebSocketFrame message -> receive(message.content());
            default -> refuse("a frame of kind " + frame.getClass().getSimpleName());
        }
    }

    private void receive(ByteBuf message) {
        if (!message.isReadable() || told) {
            return;
        }
        int number = message.readUnsignedByte();
        if (number == CLOSE_STREAM && closesStreams) {
            if (message.isReadable() && message.readUnsignedByte() == StreamName.STDIN.channel()) {
                listener.inputEnded();
            }
            return;
        }
        switch (StreamName.ofChannel(number).orElse(StreamName.ERROR)) {
            case STDIN -> listener.input(Connections.bytes(message));
            case RESIZE -> resize(Connections.bytes(message));
            case STDOUT, STDERR, ERROR -> refuse("a message for stream " + number);
        }
    }

    private void resize(byte[] message) {
        try {
            WindowSizes.parse(message).ifPresent(listener::resized);
        } catch (JsonProcessingException e) {
            refuse("a window size that is no JSON");
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory", e);
        }
    }

    private void refuse(String what) {
        LOG.log(System.Logger.Level.DEBUG, () -> "a WebSocket client sent " + what);
        gone();
        Connections.closeBehind(channel.writeAndFlush(new CloseWebSocketFrame(PROTOCOL_ERROR, what)));
    }

    @Override
    public void send(StreamName stream, byte[] data, Runnable sent) {
        ByteBuf message = Unpooled.wrappedBuffer(new byte[] {(byte) stream.channel()}, data);
        var _ = channel.writeAndFlush(new BinaryWebSocketFrame(message)).addListener(_ -> sent.run());
    }

    /** Tells a client that waits for it that the upgrade is through: one without output would else see nothing for long. */
    void greet(StreamName lowest) {
        send(lowest, new byte[0], () -> {});
    }

    @Override
    public void pauseInput(boolean paused) {
        if (!finished.get()) {
            channel.config().setAutoRead(!paused);
        }
    }

    @Override
    public void finish(CommandEnd end) {
        if (!finished.compareAndSet(false, true)) {
            return;
        }
        byte[] status = statusAsJson ? end.asStatus() : end.asText();
        if (status.length > 0) {
            send(StreamName.ERROR, status, () -> {});
        }
        Connections.closeBehind(channel.writeAndFlush(new CloseWebSocketFrame(NORMAL, "")));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
    }

    private void gone() {
        if (!told) {
            told = true;
            finished.set(true);
            listener.gone();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Connections.logFailure(LOG, cause);
        gone();
        var _ = ctx.close();
    }
}
